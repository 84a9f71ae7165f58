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
});
