import { describe, expect, it } from "vitest";

import { FakeSpeechDetector, FakeSpeechRecognizer, tone } from "../../models/fakes/index.ts";
import type { SpeechChunk } from "../../streaming/index.ts";
import { ANSWERS, converse, FRANCE, PHRASES, settle, STOP } from "../support/fake-conversation.ts";

describe("a conversation", () => {
  it("answers a spoken question, in order, and ends the answer when it has been played", async () => {
    const conversation = converse();
    await conversation.silence(600);
    await conversation.say(FRANCE);
    await conversation.silence(4000);
    const order = conversation.events.map(({ type }) => type).filter((type) => type !== "answer-audio");
    expect(order[0]).toBe("speech-start");
    expect(order.indexOf("transcript-end")).toBeGreaterThan(order.indexOf("transcript-delta"));
    expect(order.indexOf("answer-start")).toBeGreaterThan(order.indexOf("transcript-end"));
    expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual([PHRASES[FRANCE]]);
    const text = conversation.of("answer-delta").map((event) => event.text);
    expect(text.join("")).toBe(ANSWERS["What is the capital of France?"]);
    expect(conversation.of("answer-end")).toMatchObject([
      { turn: 1, outcome: "completed", text: text.join("") },
    ]);
    expect(conversation.of("answer-audio").length * 20).toBe(2400);
  });

  it("starts the answer before the silence is long enough, but lets nothing out", async () => {
    const conversation = converse();
    await conversation.say(FRANCE);
    await conversation.silence(180);
    expect(conversation.languageModel.generations).toHaveLength(1);
    expect(conversation.of("answer-start")).toHaveLength(0);
    await conversation.silence(200);
    expect(conversation.of("answer-start")).toHaveLength(1);
  });

  it("throws the early answer away when the user goes on, and answers the whole turn", async () => {
    const recognize = async () => {
      await Promise.resolve();
      const text = PHRASES[FRANCE];
      return { text, tokens: [], noSpeechProbability: 0, averageLogProbability: 0, rejected: false };
    };
    const conversation = converse({ recognizer: { recognize } });
    await conversation.say(FRANCE, 400);
    await conversation.silence(180);
    await conversation.say(FRANCE, 600);
    await conversation.silence(600);
    expect(conversation.languageModel.generations).toHaveLength(2);
    expect(conversation.of("answer-start")).toHaveLength(1);
    expect(conversation.of("speech-start")).toHaveLength(1);
    await conversation.silence(4000);
    expect(conversation.of("answer-end")).toMatchObject([{ timings: { revisions: 1 } }]);
  });

  it("falls silent when the user speaks, and remembers only what was heard", async () => {
    const conversation = converse();
    await conversation.say(FRANCE);
    await conversation.silence(1000);
    await conversation.say(STOP);
    const stoppedAt = conversation.events.findIndex(({ type }) => type === "answer-end");
    const late = conversation.events.slice(stoppedAt).filter((event) => "turn" in event && event.turn === 1);
    expect(late.map(({ type }) => type)).toEqual(["answer-end"]);
    const [ended] = conversation.of("answer-end");
    expect(ended?.outcome).toBe("interrupted");
    expect(ended?.text).not.toBe("");
    expect(ANSWERS["What is the capital of France?"]).toContain(ended?.text);
    expect(ended?.text.length).toBeLessThan(40);
    await conversation.silence(1500);
    const messages = conversation.languageModel.generations.at(-1)?.messages;
    expect(messages?.map(({ content }) => content)).toEqual([
      "Be brief.",
      PHRASES[FRANCE],
      ended?.text,
      PHRASES[STOP],
    ]);
  });

  it("trusts the client's report about what was played over its own estimate", async () => {
    const conversation = converse();
    await conversation.say(FRANCE);
    await conversation.silence(1200);
    conversation.session.push({ type: "playback", turn: 1, playedMs: 250 });
    conversation.session.push({ type: "interrupt" });
    await settle();
    expect(conversation.of("answer-end")).toMatchObject([{ outcome: "interrupted", text: "The" }]);
  });

  it("answers typed text as it answers speech", async () => {
    const conversation = converse();
    conversation.session.push({ type: "text", text: "And of Italy?" });
    await conversation.silence(800);
    expect(conversation.of("answer-end")).toMatchObject([{ outcome: "completed", text: "Rome." }]);
  });

  it("drops a turn in which nothing was understood, and hears the next one", async () => {
    const conversation = converse();
    await conversation.say(3000);
    await conversation.silence(2500);
    expect(conversation.of("turn-dropped")).toHaveLength(1);
    expect(conversation.of("answer-start")).toHaveLength(0);
    await conversation.say(FRANCE);
    await conversation.silence(1000);
    expect(conversation.of("answer-start")).toHaveLength(1);
  });

  it("ends a turn whose sound stops coming, as when a button is let go", async () => {
    const conversation = converse();
    await conversation.say(FRANCE);
    for (let step = 0; step < 60; step++) {
      conversation.clock.advance(20);
      await settle();
    }
    expect(conversation.of("answer-start")).toHaveLength(1);
  });

  it("apologises aloud when the language model fails, says why to the client, and goes on", async () => {
    let broken = true;
    const asked = new Set<string>();
    const failing = (question: string): string => {
      if (broken) throw new Error("no connection");
      asked.add(question);
      return "Rome.";
    };
    const conversation = converse({}, failing);
    await conversation.say(FRANCE);
    await conversation.silence(4000);
    expect(conversation.of("error")).toMatchObject([{ turn: 1, code: "internal", message: "no connection" }]);
    expect(conversation.of("answer-audio").length).toBeGreaterThan(0);
    broken = false;
    await conversation.say(STOP);
    await conversation.silence(1500);
    expect(conversation.of("transcript-end")).toHaveLength(2);
    expect(conversation.of("answer-delta").at(-1)?.text).toBe("Rome.");
    // Whoever is told to try again may say just that: what failed is still known, the apology is not.
    expect([...asked]).toContain(`${PHRASES[FRANCE]} ${PHRASES[STOP]}`);
  });

  it("apologises aloud after the words of an answer that breaks off, and tells both as heard", async () => {
    const conversation = converse({}, () => new Error("connection lost"));
    await conversation.say(FRANCE);
    await conversation.silence(6000);
    const text = "Well I'm sorry, I can't answer right now. Please try again.";
    expect(conversation.of("answer-words").flatMap(({ words }) => words)).toHaveLength(11);
    expect(conversation.of("answer-end")).toMatchObject([{ outcome: "failed", text }]);
  });

  it("costs one turn when the recogniser dies, not the conversation", async () => {
    const recognizer = new FakeSpeechRecognizer(PHRASES);
    let dead = true;
    const conversation = converse({
      recognizer: {
        recognize: async (request, options) => {
          if (dead) throw new Error("worker died");
          return await recognizer.recognize(request, options);
        },
      },
    });
    await conversation.say(FRANCE);
    await conversation.silence(2500);
    expect(conversation.of("error").length).toBeGreaterThan(0);
    expect(conversation.of("turn-dropped")).toHaveLength(1);
    dead = false;
    await conversation.say(STOP);
    await conversation.silence(1500);
    expect(conversation.of("answer-delta").at(-1)?.text).toBe("Rome.");
  });

  it("apologises aloud for an answer in which nothing can be spoken", async () => {
    const conversation = converse({}, () => "😊");
    await conversation.say(FRANCE);
    await conversation.silence(6000);
    expect(conversation.of("answer-audio").length).toBeGreaterThan(0);
    expect(conversation.of("answer-end")).toMatchObject([
      { outcome: "failed", text: "😊 I'm sorry, I can't answer right now. Please try again." },
    ]);
  });

  it("calls an answer that had no sound at all failed", async () => {
    const synthesizer = {
      sampleRate: 22_050,
      async *synthesize(): AsyncGenerator<SpeechChunk> {
        yield* await Promise.resolve([]);
      },
    };
    const conversation = converse({ synthesizer });
    await conversation.say(FRANCE);
    await conversation.silence(1000);
    expect(conversation.of("answer-audio")).toEqual([]);
    expect(conversation.of("answer-end")).toMatchObject([{ outcome: "failed", text: "" }]);
  });

  it("goes on after the speech detector failed", async () => {
    const detector = new FakeSpeechDetector();
    let calls = 0;
    const conversation = converse({
      detector: {
        openStream: () => {
          const stream = detector.openStream();
          return {
            reset: () => {
              stream.reset();
            },
            score: async (window, options) => {
              calls += 1;
              if (calls === 5) throw new Error("worker died");
              return await stream.score(window, options);
            },
          };
        },
      },
    });
    await conversation.silence(400);
    expect(conversation.of("error")).toHaveLength(1);
    await conversation.say(FRANCE);
    await conversation.silence(1000);
    expect(conversation.of("answer-start")).toHaveLength(1);
  });

  it.each([
    ["speaks", 0],
    ["pauses", 180],
  ])(
    "answers nobody when the connection breaks while the user %s, and goes on when they are back",
    async (_, pauseMs) => {
      const conversation = converse();
      await conversation.say(FRANCE);
      await conversation.silence(pauseMs);
      conversation.session.push({ type: "disconnected" });
      for (let passed = 0; passed < 5000; passed += 20) {
        conversation.clock.advance(20);
        await settle();
      }
      expect(conversation.of("turn-dropped")).toHaveLength(1);
      expect(conversation.of("answer-start")).toEqual([]);
      conversation.session.push({ type: "reconnected" });
      await conversation.say(STOP);
      await conversation.silence(1500);
      const messages = conversation.languageModel.generations.at(-1)?.messages;
      expect(messages?.map(({ content }) => content)).toEqual(["Be brief.", PHRASES[STOP]]);
      expect(conversation.of("answer-start")).toHaveLength(1);
    },
  );

  it("remembers of an answer that a broken connection cut off only what can have been heard", async () => {
    const conversation = converse();
    await conversation.say(FRANCE);
    await conversation.silence(1000);
    conversation.session.push({ type: "disconnected" });
    await settle();
    const [ended] = conversation.of("answer-end");
    expect(ended?.outcome).toBe("interrupted");
    expect(ended?.text.length).toBeLessThan(40);
  });

  it("does not take what was still unheard at a break for the beginning of what is said after it", async () => {
    const conversation = converse();
    conversation.session.push({ type: "audio", samples: tone(FRANCE, 800) });
    conversation.session.push({ type: "disconnected" });
    conversation.session.push({ type: "reconnected" });
    await settle();
    await conversation.silence(3000);
    expect(conversation.events).toEqual([]);
  });

  it("gives its seats back and says nothing more once closed", async () => {
    const conversation = converse();
    await conversation.say(FRANCE);
    await conversation.silence(600);
    await conversation.session.close();
    const before = conversation.events.length;
    await conversation.silence(400);
    expect(conversation.events).toHaveLength(before);
    expect(conversation.languageModel.releasedSeats).toHaveLength(3);
  });

  it("prepares the next turn's prompt while nobody speaks", async () => {
    const conversation = converse();
    await conversation.say(FRANCE);
    await conversation.silence(5000);
    const last = conversation.languageModel.prefills.at(-1);
    expect(last?.open).toBe(true);
    expect(last?.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
  });
});
