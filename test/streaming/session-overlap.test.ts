import { describe, expect, it } from "vitest";

import { FakeSpeechRecognizer } from "../../models/fakes/index.ts";
import { recording } from "../support/recordings.ts";
import type { SpeechSynthesizer } from "../../streaming/index.ts";
import {
  AGREE,
  ANSWERS,
  converse,
  type FakeConversation,
  FRANCE,
  PHRASES,
  settle,
  STOP,
} from "../support/fake-conversation.ts";

describe("a conversation in which both speak at once", () => {
  it("goes on with its answer where the listener only agrees, and keeps all of it", async () => {
    const conversation = converse({
      recognizer: new FakeSpeechRecognizer({ ...PHRASES, [AGREE]: "Mm-hmm." }),
    });
    await conversation.say(FRANCE);
    await conversation.silence(700);
    await conversation.say(AGREE, 350);
    await conversation.silence(4500);
    // Held as soon as it might be an interruption, and only for as long.
    const levels = conversation.of("floor").map(({ level }) => level);
    expect(levels).toEqual(["ducked", "paused", "ducked", "full"]);
    expect(conversation.of("decision").at(-1)).toMatchObject({ turn: 2, kind: "backchannel" });
    expect(conversation.of("turn-dropped")).toMatchObject([{ turn: 2 }]);
    const text = ANSWERS["What is the capital of France?"];
    expect(conversation.of("answer-end")).toMatchObject([{ turn: 1, outcome: "completed", text }]);
    expect(conversation.of("answer-audio")).toHaveLength(120);
  });

  it("sends little more of an answer that may have to stop to who cannot hold it, and all of it in the end", async () => {
    const sentWhileLowered = async (duckedLeadMs: number): Promise<number> => {
      const recognizer = new FakeSpeechRecognizer({ ...PHRASES, [AGREE]: "Mm-hmm." });
      const conversation = converse({ recognizer }, undefined, { duckedLeadMs });
      await conversation.say(FRANCE);
      await conversation.silence(700);
      await conversation.say(AGREE, 350);
      await conversation.silence(4500);
      expect(conversation.of("answer-audio")).toHaveLength(120);
      const kinds = conversation.events.map((event) => (event.type === "floor" ? event.level : event.type));
      const lowered = kinds.slice(kinds.indexOf("ducked"), kinds.indexOf("paused"));
      return lowered.filter((kind) => kind === "answer-audio").length;
    };
    expect(await sentWhileLowered(200)).toBeGreaterThanOrEqual(7);
    expect(await sentWhileLowered(20)).toBeLessThanOrEqual(3);
  });

  it("tells the language model whether what it writes is spoken, for which it waits", async () => {
    for (const spoken of [true, false]) {
      const conversation = converse({}, undefined, { spoken });
      await conversation.say(FRANCE);
      await conversation.silence(700);
      expect(conversation.languageModel.generations.at(-1)).toMatchObject({ spoken });
    }
  });

  it("times an answer from its own question, not from what is said into it", async () => {
    const conversation = converse({
      recognizer: new FakeSpeechRecognizer({ ...PHRASES, [AGREE]: "Stop." }),
    });
    await conversation.say(FRANCE);
    await conversation.silence(700);
    await conversation.say(AGREE, 350);
    await conversation.silence(1000);
    const { firstAudioMs = -1, endOfTurnMs = -1 } = conversation.of("answer-end")[0]?.timings ?? {};
    expect(firstAudioMs).toBeGreaterThan(0);
    expect(endOfTurnMs).toBeGreaterThan(0);
  });

  it("waits for a slow speaker as long as its client wants, also beyond what a stretch of speech may have of silence", async () => {
    const conversation = converse({ recognizer: new FakeSpeechRecognizer({}, "Tell me a story.") });
    conversation.session.push({ type: "configure", settings: { manners: { silenceMs: 4000 } } });
    await conversation.say(FRANCE);
    await conversation.silence(3500);
    expect(conversation.of("answer-start")).toHaveLength(0);
    await conversation.say(FRANCE);
    await conversation.silence(3900);
    expect(conversation.of("answer-start")).toHaveLength(0);
    await conversation.silence(500);
    expect(conversation.of("speech-start")).toHaveLength(1);
    expect(conversation.of("transcript-end")).toMatchObject([{ turn: 1 }]);
    expect(conversation.of("answer-start")).toMatchObject([{ turn: 1 }]);
  });

  it("stops at the word, says nothing to it, and hears what comes next", async () => {
    const conversation = converse({
      recognizer: new FakeSpeechRecognizer({ ...PHRASES, [AGREE]: "Stop." }),
    });
    await conversation.say(FRANCE);
    await conversation.silence(700);
    await conversation.say(AGREE, 350);
    await conversation.silence(1000);
    expect(conversation.of("answer-end")).toMatchObject([{ turn: 1, outcome: "interrupted" }]);
    expect(conversation.of("decision").at(-1)).toMatchObject({ turn: 2, kind: "stop" });
    expect(conversation.languageModel.generations).toHaveLength(1);
    await conversation.say(STOP);
    await conversation.silence(1500);
    expect(conversation.of("answer-end").at(-1)).toMatchObject({ turn: 3, outcome: "completed" });
  });

  it("lets nothing be heard of an answer that was stopped, also where the machine slept and all of it is late", async () => {
    const conversation = converse({}, () => "One two three four five six seven eight nine ten, and so on.");
    await conversation.say(FRANCE, 453);
    await conversation.silence(1276);
    await conversation.say(STOP, 83);
    conversation.clock.advance(7000);
    await settle();
    const types = conversation.events.map(({ type }) => type);
    expect(conversation.of("answer-end")).toMatchObject([{ turn: 1, outcome: "interrupted" }]);
    expect(types.lastIndexOf("answer-audio")).toBeLessThan(types.indexOf("answer-end"));
  });

  it("writes each answer on the other seat, so that one is always ready for the next question", async () => {
    const conversation = converse();
    for (const question of [FRANCE, STOP, FRANCE]) {
      await conversation.say(question);
      await conversation.silence(4000);
    }
    expect(conversation.of("answer-start").map(({ seat }) => seat)).toEqual([1, 0, 1]);
    const seats = conversation.languageModel.generations.map(({ seat }) => seat);
    expect(seats[0]).toBe(seats[2]);
    expect(seats[1]).not.toBe(seats[0]);
  });

  it("gets the other seat ready for the next question while the answer is still heard", async () => {
    const conversation = converse();
    await conversation.say(FRANCE);
    await conversation.silence(1000);
    expect(conversation.of("answer-end")).toHaveLength(0);
    const answering = conversation.languageModel.generations[0]?.seat;
    const ahead = conversation.languageModel.prefills.at(-1);
    expect(ahead?.seat).not.toBe(answering);
    expect(ahead?.messages.map(({ content }) => content)).toContain(ANSWERS[PHRASES[FRANCE]]);
  });
});

it("answers what was said into an answer behind it, also where the context is told anew meanwhile", async () => {
  const conversation = converse();
  const { session } = conversation;
  session.push({ type: "configure", settings: { manners: { overlap: "answered-after" } } });
  await conversation.say(FRANCE);
  await conversation.silence(700);
  await conversation.say(STOP, 600);
  await conversation.silence(600);
  expect(conversation.of("transcript-end")).toHaveLength(2);
  expect(conversation.of("answer-end")).toEqual([]);
  session.push({ type: "replace-context", messages: [{ role: "assistant", text: "Hello Ada." }] });
  await conversation.silence(4000);
  expect(conversation.of("answer-end")).toMatchObject([{ outcome: "completed" }, { text: "Rome." }]);
  expect(conversation.languageModel.generations.at(-1)?.messages.slice(1)).toEqual([
    { role: "assistant", content: "Hello Ada." },
    { role: "user", content: PHRASES[FRANCE] },
    { role: "assistant", content: ANSWERS[PHRASES[FRANCE]] },
    { role: "user", content: PHRASES[STOP] },
  ]);
});

/** Says everything in one recorded voice, and hears a user in everything that is loud enough to be one. */
async function openLoudRoom(): Promise<FakeConversation> {
  const voice = await recording("jfk-16k.flac");
  const synthesizer: SpeechSynthesizer = {
    sampleRate: 16_000,
    async *synthesize({ text }) {
      await settle();
      const words = [{ text, startMs: 0, endMs: voice.length / 16 }];
      yield { samples: voice, sampleRate: 16_000, words };
    },
  };
  const score = (samples: Float32Array): Promise<number> =>
    Promise.resolve(samples.some((sample) => Math.abs(sample) > 0.002) ? 0.9 : 0);
  const detector = { openStream: () => ({ score, reset: () => undefined }) };
  return converse({ synthesizer, detector }, () => "Ask not.");
}

/** Lets a loudspeaker that obeys be heard by the conversation's microphone for so long, 100 ms late and 20 dB lower. */
async function hearItself(conversation: FakeConversation, durationMs: number): Promise<void> {
  const speaker: number[] = new Array<number>(1600).fill(0);
  let frames = 0;
  for (let passedMs = 0; passedMs < durationMs; passedMs += 20) {
    const sent = conversation.of("answer-audio");
    for (const { frame } of sent.slice(frames)) speaker.push(...frame.samples);
    frames = sent.length;
    const isHeld = conversation.of("floor").at(-1)?.level === "paused";
    const heard = speaker.splice(0, isHeld ? 0 : 320).map((sample) => 0.1 * sample);
    await conversation.hear(Float32Array.from({ length: 320 }, (_, index) => heard[index] ?? 0));
  }
}

describe("a conversation that hears itself out of a loudspeaker", () => {
  it("is not lowered, held or stopped by its own voice", async () => {
    const conversation = await openLoudRoom();
    conversation.session.push({ type: "text", text: "What did he say?" });
    await hearItself(conversation, 6000);
    expect(conversation.of("floor")).toEqual([]);
    expect(conversation.of("speech-start")).toEqual([]);
    expect(conversation.of("answer-audio").length).toBeGreaterThan(280);
  });
});
