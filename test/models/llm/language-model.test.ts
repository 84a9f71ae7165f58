import { expect, it } from "vitest";

import { createLanguageModel, withStopStrings } from "../../../models/llm/language-model.ts";
import { inProcessClient } from "../../../models/runtime/in-process.ts";
import { finish, request, summary, TinyEngine } from "./tiny-engine.ts";
import type { GenerationEvent } from "../../../streaming/index.ts";

it("a stop string of the configuration ends every answer of the pack's model, beside those of the request", async () => {
  const tiny = await TinyEngine.open();
  const plain = summary(await finish(tiny.engine.jobs.generate(request()))).text;
  const model = withStopStrings(createLanguageModel(inProcessClient(tiny.engine)), [plain.slice(9, 12)]);
  const textWith = async (stop: readonly string[]): Promise<string> => {
    const events: GenerationEvent[] = [];
    const { signal } = new AbortController();
    for await (const event of model.generate(request({ stop }), { signal })) events.push(event);
    return summary(events).text;
  };
  expect(await textWith([])).toBe(plain.slice(0, plain.indexOf(plain.slice(9, 12))));
  expect(await textWith([plain.slice(4, 7)])).toBe(plain.slice(0, plain.indexOf(plain.slice(4, 7))));
  await tiny[Symbol.asyncDispose]();
});

it("hands over what is spoken piece by piece, and neither what is only read nor what gives way to conversations", () => {
  const handedOver: boolean[] = [];
  const model = createLanguageModel({
    // eslint-disable-next-line @typescript-eslint/require-await -- it gives nothing
    run: async function* (_method, _request, { isHandedOver = false }) {
      handedOver.push(isHandedOver);
    },
  });
  const options = { signal: new AbortController().signal };
  for (const changes of [{ spoken: true }, { spoken: true, inBackground: true }, {}])
    void model.generate(request(changes), options)[Symbol.asyncIterator]().next();
  expect(handedOver).toEqual([true, false, false]);
});
