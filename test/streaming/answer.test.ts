import { expect, test } from "vitest";

import { FakeLanguageModel, FakeSpeechSynthesizer } from "../../models/fakes/index.ts";
import { Answer } from "../../streaming/answer.ts";
import type { GenerationEvent } from "../../streaming/contracts.ts";
import { ToolUse } from "../../streaming/tool-use.ts";
import { ManualClock } from "../support/manual-clock.ts";

const OPTIONS = {
  systemPrompt: "",
  sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1, seed: 1 },
  maxAnswerTokens: 100,
  speed: 1,
  leadMs: 250,
};

/** An answer whose words are written when the test says so, by a voice of 200 ms a word. */
function setUp() {
  const clock = new ManualClock();
  const synthesizer = new FakeSpeechSynthesizer();
  const languageModel = new FakeLanguageModel(() => "");
  const written: string[] = [];
  let wake = (): void => undefined;
  languageModel.generate = async function* (): AsyncGenerator<GenerationEvent> {
    for (;;) {
      const text = written.shift();
      if (text !== undefined) yield { type: "text-delta", text };
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const toolUse = new ToolUse({} as never, clock, () => undefined);
  const nothing = (): void => undefined;
  const answer = new Answer(
    { languageModel, synthesizer },
    { options: OPTIONS, clock, toolUse },
    {
      onText: nothing,
      onAudio: nothing,
      onWords: nothing,
      onWritten: nothing,
      onAudioEnd: nothing,
      onEnd: nothing,
      onError: (error) => {
        throw error;
      },
    },
  );
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const write = async (text: string): Promise<void> => {
    written.push(text);
    wake();
    await settled();
  };
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 20) {
      clock.advance(20);
      await settled();
    }
  };
  const said = (): string[] => synthesizer.requests.map(({ text }) => text);
  return { answer, write, pass, said };
}

test("whoever hears the end of what there is hears what is written so far next", async () => {
  const { answer, write, pass, said } = setUp();
  answer.begin({ turn: 1, seat: "seat", messages: [] });
  await write("The old sea is ");
  expect(said()).toEqual(["The old sea"]);
  answer.openGate();
  await pass(200);
  await write("wide blue ");
  expect(said()).toEqual(["The old sea"]);
  await pass(320);
  await write("water ");
  expect(said()).toEqual(["The old sea", "is wide blue"]);
  answer.stop();
});

test("nobody hurries for a loudspeaker that is held", async () => {
  const { answer, write, pass, said } = setUp();
  answer.begin({ turn: 1, seat: "seat", messages: [] });
  await write("The old sea is ");
  answer.openGate();
  await pass(520);
  answer.setFloor("paused");
  await write("wide blue ");
  await write("water ");
  expect(said()).toEqual(["The old sea"]);
  answer.setFloor("full");
  await write("again ");
  expect(said().length).toBe(2);
  answer.stop();
});
