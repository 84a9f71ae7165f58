import { FakePictureDecoder, FakeSight } from "../../models/fakes/index.ts";
import { runCli } from "../../src/cli.ts";
import type { Terminal } from "../../src/client/terminal.ts";
import { systemClock } from "../../src/clock.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { fakeModels, PHRASES } from "./fake-models.ts";

const fakeSeeing = {
  decoder: new FakePictureDecoder(),
  reader: { read: () => Promise.resolve([{ text: "EXIT", probability: 0.99, height: 0.2 }]) },
  ready: () => Promise.resolve(),
  workers: () => [],
  close: () => Promise.resolve(),
};

/** The command line over fakes: a user who asks one question, a camera that shows a mug below a sign. */
export async function runFakeCli(
  args: readonly string[],
  {
    printed,
    noted,
    signal,
    terminal,
    sight = new FakeSight(() => "coffee mug"),
    rooms = [],
    answer,
  }: {
    printed: string[];
    noted: string[];
    signal: AbortSignal;
    terminal?: Terminal;
    sight?: FakeSight;
    /** Gets how long a prompt may be, as it was asked for with the models. */
    rooms?: (number | undefined)[];
    /** What is answered otherwise than by {@link fakeModels}. */
    answer?: (question: string) => string;
  },
): Promise<number> {
  return await runCli(args, {
    print: (line) => printed.push(line),
    note: (line) => noted.push(line),
    openModels: async (_config, _names, { contextTokens }) => {
      await Promise.resolve();
      rooms.push(contextTokens);
      const models = fakeModels(PHRASES[440]);
      if (answer !== undefined) models.languageModel.answer = answer;
      return models;
    },
    openSeeing: async () => {
      await Promise.resolve();
      return { ...fakeSeeing, sight };
    },
    openSession: openVoiceSession,
    onProgress: () => undefined,
    clock: systemClock,
    terminal,
    signal,
  });
}
