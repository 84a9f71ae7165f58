import { FakePictureDecoder, FakeSight } from "../../models/fakes/index.ts";
import { runCli } from "../../src/cli.ts";
import type { Terminal } from "../../src/client/terminal.ts";
import { systemClock } from "../../src/clock.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { fakeModels, PHRASES } from "./fake-models.ts";

const fakeSeeing = {
  decoder: new FakePictureDecoder(),
  sight: new FakeSight(() => "coffee mug"),
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
  }: { printed: string[]; noted: string[]; signal: AbortSignal; terminal?: Terminal },
): Promise<number> {
  return await runCli(args, {
    print: (line) => printed.push(line),
    note: (line) => noted.push(line),
    openModels: async () => {
      await Promise.resolve();
      return fakeModels(PHRASES[440]);
    },
    openSeeing: async () => {
      await Promise.resolve();
      return fakeSeeing;
    },
    openSession: openVoiceSession,
    onProgress: () => undefined,
    clock: systemClock,
    terminal,
    signal,
  });
}
