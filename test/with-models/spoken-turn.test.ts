import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { resample } from "../../audio/index.ts";
import { systemClock } from "../../src/clock.ts";
import type * as Compose from "../../src/compose.ts";
import { ALL_MODELS } from "../../src/model-files.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { openVoiceSession, textOf, type ChatMessage, type LanguageModel } from "../../streaming/index.ts";
import { likeness, SAYS_THE_SAME } from "../support/alike.ts";
import { Headset, HEADSET_SAMPLE_RATE } from "../support/headset.ts";
import { haveModels } from "../support/models.ts";
import { recording } from "../support/recordings.ts";
import { startServer, testConfig } from "../support/voice-server.ts";

/** Workers run compiled code; `npm test` compiles it before. */
const compiled = new URL("../../dist/src/compose.js", import.meta.url);
const { openModels } = (await import(compiled.href)) as typeof Compose;

const { signal } = new AbortController();

function words(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/gu) ?? [];
}

/** The model, and the messages of everything that it was asked. */
function overheard(model: LanguageModel): { model: LanguageModel; asked: (readonly ChatMessage[])[] } {
  const asked: (readonly ChatMessage[])[] = [];
  const generate: LanguageModel["generate"] = (request, options) => {
    asked.push(request.messages);
    return model.generate(request, options);
  };
  return {
    asked,
    model: {
      generate,
      prefill: async (request, options) => {
        await model.prefill(request, options);
      },
      releaseSeat: async (seat) => {
        await model.releaseSeat(seat);
      },
    },
  };
}

/**
 * One conversation of the lite pack's networks in real time: a question, a second one that only makes sense after the
 * first answer, and a man who talks over the second answer.
 */
describe.skipIf(!haveModels())("a conversation (skipped where the lite pack has not been fetched)", () => {
  let models: Compose.Models;
  let server: VoiceServer;
  let headset: Headset;
  let asked: (readonly ChatMessage[])[];
  /** The man's turn: a breath before his words may be one of its own, which is dropped. */
  let last: number;

  beforeAll(async () => {
    const config = testConfig({ pack: "lite" });
    models = await openModels(config, ALL_MODELS, { signal, onProgress: () => undefined });
    const ears = overheard(models.languageModel);
    ({ asked } = ears);
    const open = { ...models, languageModel: ears.model };
    server = await startServer((options) => openVoiceSession(open, options, systemClock), { pack: "lite" });
    headset = await Headset.putOn(server.url);
    const [first, second, third] = await Promise.all(
      ["question.wav", "why-that-city.flac", "jfk.flac"].map((name) => recording(name, HEADSET_SAMPLE_RATE)),
    );
    await headset.say(first!);
    await headset.listenToAnswer(1);
    await headset.say(second!);
    const { playout } = headset.client;
    await headset.listenUntil(() => (playout.playedMs(2, headset.client.nowMs()) > 600 ? true : undefined));
    // "And so, my fellow Americans": up to the first pause.
    await headset.say(third!.subarray(0, 2.7 * HEADSET_SAMPLE_RATE));
    last = await headset.listenUntil(() =>
      [3, 4, 5].find((turn) => headset.find("answer-end", turn) !== undefined),
    );
    await headset.listenToAnswer(last);
  });

  afterAll(async () => {
    await headset.client.close();
    await server.close();
    await models.close();
  });

  test("hears what was asked, in every word", () => {
    const heard = [1, 2, last].map((turn) =>
      words(headset.find("transcript-end", turn)?.text ?? "").join(" "),
    );
    expect(heard[0]).toBe("what is the capital of france");
    expect(heard[1]).toBe("why do so many people like that city");
    expect(heard[2]).toContain("my fellow americans");
  });

  test("answers in words, and in sound that another ear takes for the same words", async () => {
    const answer = headset.find("answer-end", 1);
    expect(answer?.outcome).toBe("completed");
    const said = words(answer?.text ?? "");
    expect(said.length).toBeGreaterThanOrEqual(2);
    const sound = headset.soundOf(1);
    expect((sound.length * 1000) / HEADSET_SAMPLE_RATE).toBeGreaterThan(100 * said.length);
    const power = sound.reduce((sum, sample) => sum + sample * sample, 0) / sound.length;
    expect(10 * Math.log10(power)).toBeGreaterThan(-40);
    expect(10 * Math.log10(power)).toBeLessThan(-6);
    const samples = await resample(sound, HEADSET_SAMPLE_RATE, 16_000);
    const { text } = await models.recognizer.recognize({ samples, urgency: "final" }, { signal });
    const written = answer?.text ?? "";
    expect(likeness(written, text), `${text} for ${written}`).toBeGreaterThanOrEqual(SAYS_THE_SAME);
  });

  test("remembers the first question and its answer when the second is asked", () => {
    const question = headset.find("transcript-end", 2)?.text;
    const messages = asked.findLast((candidate) => candidate.at(-1)?.content === question) ?? [];
    expect(messages.slice(1)).toEqual([
      { role: "user", content: headset.find("transcript-end", 1)?.text },
      { role: "assistant", content: headset.find("answer-end", 1)?.text },
      { role: "user", content: question },
    ]);
  });

  test("falls silent when spoken to, and remembers only what was heard of that answer", () => {
    const stopped = headset.find("answer-end", 2);
    expect(stopped?.outcome).toBe("interrupted");
    const after = headset.received.slice(headset.received.indexOf(stopped!));
    expect(after.filter((message) => message.type === "sound" && message.turn === 2)).toEqual([]);
    expect(headset.soundOf(2).length).toBeGreaterThan(0.5 * HEADSET_SAMPLE_RATE);
    const messages = asked.at(-1) ?? [];
    const question = messages.at(-1);
    expect(question && textOf(question)).toBe(headset.find("transcript-end", last)?.text);
    expect(messages.at(-2)).toEqual({ role: "assistant", content: stopped?.text });
    expect(words(stopped?.text ?? "").length).toBeGreaterThan(0);
  });
});
