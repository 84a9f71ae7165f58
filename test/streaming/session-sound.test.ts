import { afterEach, describe, expect, it } from "vitest";

import { FakeSpeechDetector, FakeSpeechRecognizer } from "../../models/fakes/index.ts";
import type { SpeechDetector } from "../../streaming/index.ts";
import { AGREE, FakeConversation, FRANCE, PHRASES, settle } from "../support/fake-conversation.ts";

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
