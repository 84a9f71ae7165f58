import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ConversationHistory } from "../../streaming/history.ts";

describe("the history", () => {
  it("holds what was asked and what was heard, after the system prompt", () => {
    const history = new ConversationHistory("Be brief.");
    history.add("Who are you?", "I am Antiphon.");
    expect(history.withQuestion("And now?")).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "Who are you?" },
      { role: "assistant", content: "I am Antiphon." },
      { role: "user", content: "And now?" },
    ]);
  });

  it("joins a question that was cut off to what followed, instead of inventing an empty answer", () => {
    const history = new ConversationHistory("");
    history.add("What is the capital", "");
    expect(history.withQuestion("of France?").slice(1)).toEqual([
      { role: "user", content: "What is the capital of France?" },
    ]);
  });

  it("forgets the oldest turns rarely and many at once, and always begins with a question", () => {
    const history = new ConversationHistory("Be brief.");
    let cuts = 0;
    let before = 0;
    for (let turn = 0; turn < 200; turn++) {
      history.add(
        `Question number ${turn}, what is it about?`,
        `Answer number ${turn}: about this and that.`,
      );
      const messages = history.withQuestion("");
      expect(messages[1]?.role).toBe("user");
      if (messages.length < before) cuts += 1;
      before = messages.length;
    }
    expect(cuts).toBeGreaterThan(2);
    expect(cuts).toBeLessThan(20);
    expect(history.withQuestion("").at(-2)?.content).toContain("199");
  });

  it("stays bounded whatever is said and however little of it is heard", () => {
    const text = fc.string({ maxLength: 4000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.oneof(fc.constant(""), text)), { maxLength: 30 }), (turns) => {
        const history = new ConversationHistory("Be brief.");
        for (const [question, answer] of turns) history.add(question, answer);
        const size = history.withQuestion("").reduce((sum, { content }) => sum + content.length, 0);
        expect(size).toBeLessThan(12_000);
      }),
      { numRuns: 50 },
    );
  });
});
