import { afterEach, describe, expect, it } from "vitest";

import { FakeSpeechDetector, FakeSpeechRecognizer } from "../../models/fakes/index.ts";
import type { SpeechDetector } from "../../streaming/index.ts";
import { AGREE, FakeConversation, FRANCE, PHRASES, settle, STOP } from "../support/fake-conversation.ts";

const open: FakeConversation[] = [];
function converse(...settings: ConstructorParameters<typeof FakeConversation>): FakeConversation {
  const conversation = new FakeConversation(...settings);
  open.push(conversation);
  return conversation;
}
async function manually(
  ...settings: ConstructorParameters<typeof FakeConversation>
): Promise<FakeConversation> {
  const conversation = converse(...settings);
  conversation.session.push({ type: "configure", settings: { turns: "manual" } });
  await settle();
  return conversation;
}
afterEach(async () => {
  await Promise.all(
    open.splice(0).map(async (conversation) => {
      await conversation.close();
    }),
  );
});

/** Hears as long as it is not broken. */
class BreakableDetector implements SpeechDetector {
  isBroken = false;

  openStream(): ReturnType<SpeechDetector["openStream"]> {
    const stream = new FakeSpeechDetector().openStream();
    return {
      ...stream,
      score: async (window, options) => {
        if (this.isBroken) throw new Error("worker died");
        return await stream.score(window, options);
      },
    };
  }
}

// Each of these would wait for ever: time passes by windows, and none came of what could not be scored.
describe("a conversation whose speech detector fails and stays so", () => {
  it("answers what was said until then, and tells of it once", async () => {
    const detector = new BreakableDetector();
    const conversation = converse({ detector });
    await conversation.say(FRANCE);
    detector.isBroken = true;
    await conversation.say(FRANCE, 400);
    await conversation.silence(1000);
    expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual([PHRASES[FRANCE]]);
    expect(conversation.of("answer-start")).toHaveLength(1);
    expect(conversation.of("error")).toMatchObject([{ code: "internal", message: "worker died" }]);
  });

  it("goes on with an answer that it had lowered or held", async () => {
    const detector = new BreakableDetector();
    const recognizer = new FakeSpeechRecognizer({ ...PHRASES, [AGREE]: "Mm-hmm." });
    const conversation = converse({ detector, recognizer });
    await conversation.say(FRANCE);
    await conversation.silence(700);
    await conversation.say(AGREE, 350);
    expect(conversation.of("floor").at(-1)?.level).not.toBe("full");
    detector.isBroken = true;
    await conversation.silence(4500);
    expect(conversation.of("floor").at(-1)?.level).toBe("full");
    expect(conversation.of("answer-end")).toMatchObject([{ turn: 1, outcome: "completed" }]);
  });

  it("hears the client say that a turn is over", async () => {
    const detector = new BreakableDetector();
    const conversation = await manually({ detector });
    detector.isBroken = true;
    await conversation.say(FRANCE);
    conversation.session.push({ type: "commit" });
    await settle();
    expect(conversation.of("turn-dropped")).toHaveLength(1);
  });
});

describe("what is said while the words of a turn that was handed over are awaited", () => {
  /** A conversation whose words come when `understand` is called, and not before. */
  async function slowly(
    begin: typeof manually,
  ): Promise<{ conversation: FakeConversation; understand: () => void }> {
    const recognizer = new FakeSpeechRecognizer(PHRASES);
    let understand = (): void => undefined;
    const understood = new Promise<void>((resolve) => (understand = resolve));
    const conversation = await begin({
      recognizer: {
        recognize: async (request, options) => {
          if (request.urgency === "final") await understood;
          return await recognizer.recognize(request, options);
        },
      },
    });
    return { conversation, understand };
  }

  // Who presses a button again within that time would not be heard, nor what they hand over then.
  it("is the next turn, with its beginning, and is handed over behind that", async () => {
    const { conversation, understand } = await slowly(manually);
    await conversation.say(FRANCE);
    conversation.session.push({ type: "commit" });
    await conversation.say(STOP, 600);
    conversation.session.push({ type: "commit" });
    await conversation.silence(200);
    expect(conversation.of("transcript-end")).toEqual([]);
    understand();
    await conversation.silence(2000);
    const texts = [PHRASES[FRANCE], PHRASES[STOP]];
    expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual(texts);
    expect(conversation.of("speech-start").map(({ atMs }) => atMs)).toEqual([0, 800]);
    expect(conversation.of("answer-end").map(({ outcome }) => outcome)).toEqual(["interrupted", "completed"]);
  });

  it("is taken back where the client says so, and the words before it are not", async () => {
    const { conversation, understand } = await slowly(manually);
    await conversation.say(FRANCE);
    conversation.session.push({ type: "commit" });
    await conversation.say(STOP, 600);
    conversation.session.push({ type: "clear" });
    understand();
    await conversation.silence(500);
    conversation.session.push({ type: "commit" });
    await settle();
    expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual([PHRASES[FRANCE]]);
  });

  // A client that waits for the words of each would wait for ever.
  it("may be nothing, which is told, too", async () => {
    const { conversation, understand } = await slowly(manually);
    await conversation.say(FRANCE);
    conversation.session.push({ type: "commit" });
    conversation.session.push({ type: "commit" });
    await settle();
    understand();
    await settle();
    expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual([PHRASES[FRANCE]]);
    expect(conversation.of("turn-dropped")).toHaveLength(1);
  });

  it("is heard where turns are heard, too", async () => {
    const { conversation, understand } = await slowly((models) => Promise.resolve(converse(models)));
    await conversation.say(FRANCE);
    conversation.session.push({ type: "commit" });
    await conversation.say(STOP, 600);
    understand();
    await conversation.silence(1500);
    const texts = [PHRASES[FRANCE], PHRASES[STOP]];
    expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual(texts);
  });

  // What is handed over is for the assistant: most answers would go on for a moment, and be stopped by its words.
  it("does not let an answer go on that was held for those words, until they are known", async () => {
    const recognizer = new FakeSpeechRecognizer({ ...PHRASES, [AGREE]: "" });
    let understand = (): void => undefined;
    const understood = new Promise<void>((resolve) => (understand = resolve));
    let isSlow = false;
    const conversation = converse({
      recognizer: {
        recognize: async (request, options) => {
          if (isSlow && request.urgency === "final") await understood;
          return await recognizer.recognize(request, options);
        },
      },
    });
    await conversation.say(FRANCE);
    await conversation.silence(700);
    isSlow = true;
    await conversation.say(AGREE, 600);
    conversation.session.push({ type: "commit" });
    await conversation.silence(3000);
    expect(conversation.of("floor").at(-1)?.level).toBe("paused");
    understand();
    await conversation.silence(100);
    expect(conversation.of("floor").at(-1)?.level).toBe("full");
  });

  it("keeps nobody waiting who types, or is gone", async () => {
    const { conversation } = await slowly(manually);
    await conversation.say(FRANCE);
    conversation.session.push({ type: "commit" });
    await settle();
    conversation.session.push({ type: "text", text: "Why?" });
    await conversation.say(STOP, 600);
    expect(conversation.of("speech-start")).toHaveLength(2);
    conversation.session.push({ type: "commit" });
    await settle();
    conversation.session.push({ type: "disconnected" });
    conversation.session.push({ type: "reconnected" });
    await conversation.say(FRANCE);
    expect(conversation.of("speech-start")).toHaveLength(3);
  });
});

// Clients place what they are told in the sound that they sent: it would be too late by all that they did not.
describe("the places of what is heard", () => {
  it("are counted without the silence that ends a turn whose sound stops coming", async () => {
    const conversation = converse();
    await conversation.say(FRANCE);
    for (let passedMs = 0; passedMs < 3000; passedMs += 20) {
      conversation.clock.advance(20);
      await settle();
    }
    await conversation.silence(800);
    await conversation.say(STOP);
    await conversation.silence(1000);
    const starts = conversation.of("speech-start").map(({ atMs }) => atMs);
    expect(starts[0]).toBe(0);
    expect(Math.abs((starts[1] ?? 0) - 1600)).toBeLessThan(32);
    expect(conversation.of("speech-end")[0]?.atMs).toBe(800);
  });

  it("are counted without the silence behind what a client hands over or takes back", async () => {
    const conversation = await manually();
    for (const type of ["commit", "clear", "commit", "clear", "commit", "clear"] as const) {
      await conversation.silence(320);
      conversation.session.push({ type });
    }
    await conversation.say(FRANCE);
    expect(conversation.of("speech-start").map(({ atMs }) => atMs)).toEqual([6 * 320]);
  });
});
