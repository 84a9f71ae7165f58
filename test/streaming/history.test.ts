import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { ChatMessage } from "../../streaming/contracts.ts";
import { ConversationHistory } from "../../streaming/history.ts";
import type { HeardAnswer } from "../../streaming/history.ts";
import { NOTHING_SEEN } from "../../streaming/seen.ts";
import type { ContextMessage } from "../../streaming/session-events.ts";

const heard = (text: string): HeardAnswer => ({ text, toolMessages: [] });

const callOf = (id: string, json = "{}"): ContextMessage => {
  return { role: "assistant", text: "", toolCalls: [{ id, name: "f", arguments: json }] };
};
const resultOf = (toolCallId: string, text = "done"): ContextMessage => ({ role: "tool", text, toolCallId });

/** An answer in which a call was handed over, whose result is still to come. */
const handedOver = (toolCallId: string): HeardAnswer => ({
  text: "",
  toolMessages: [
    { role: "assistant", content: "", toolCalls: [{ id: toolCallId, name: "f", arguments: "{}" }] },
    { role: "tool", content: "There is no result yet.", toolCallId },
  ],
});

/** Results that stand behind no call of theirs. */
function orphansOf(prompt: readonly ChatMessage[]): readonly ChatMessage[] {
  return prompt.filter(({ toolCallId }, index) => {
    const before = prompt.slice(0, index).flatMap(({ toolCalls = [] }) => toolCalls);
    return toolCallId !== undefined && !before.some(({ id }) => id === toolCallId);
  });
}

describe("the history", () => {
  it("holds what was asked and what was heard, after the system prompt", () => {
    const history = new ConversationHistory("Be brief.");
    history.add("Who are you?", NOTHING_SEEN, heard("I am Antiphon."));
    expect(history.withQuestion("And now?")).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "Who are you?" },
      { role: "assistant", content: "I am Antiphon." },
      { role: "user", content: "And now?" },
    ]);
  });

  it("joins a question that was cut off to what followed, instead of inventing an empty answer", () => {
    const history = new ConversationHistory("");
    history.add("What is the capital", NOTHING_SEEN, heard(""));
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
        NOTHING_SEEN,
        heard(`Answer number ${turn}: about this and that.`),
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

  it("stays bounded whatever was said and done elsewhere, and keeps the newest question", () => {
    const text = fc.string({ maxLength: 4000 });
    const id = fc.constantFrom("a", "b", "c");
    const message: fc.Arbitrary<ContextMessage> = fc.oneof(
      text.map((said): ContextMessage => ({ role: "user", text: said })),
      text.map((said): ContextMessage => ({ role: "assistant", text: said })),
      fc.tuple(id, fc.constantFrom(2, 3000, 20_000)).map(([called, length]): ContextMessage => {
        return callOf(called, "x".repeat(length));
      }),
      fc.tuple(id, fc.string({ maxLength: 90_000 })).map(([toolCallId, said]): ContextMessage => {
        return { role: "tool", text: said, toolCallId };
      }),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), fc.boolean(), (messages, isAtOnce) => {
        const history = new ConversationHistory("");
        if (isAtOnce) history.replace(messages);
        else for (const each of messages) history.append([each]);
        const prompt = history.asItStands();
        expect(orphansOf(prompt)).toEqual([]);
        const sizes = prompt.map(
          ({ content, toolCalls = [] }) => content.length + (toolCalls[0]?.arguments.length ?? 0),
        );
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(21_000);
        history.append([{ role: "user", text: "And now?" }]);
        expect(history.asItStands().at(-1)?.content).toMatch(/And now\?$/u);
      }),
      { numRuns: 50 },
    );
  });

  it("reads each of a thousand calls once when all is told anew, not once for each result", () => {
    let reads = 0;
    const messages = Array.from({ length: 500 }, (_, index): readonly ContextMessage[] => {
      const call = {
        get id(): string {
          reads += 1;
          return `${index}`;
        },
        name: "f",
        arguments: "",
      };
      return [{ role: "assistant", text: "", toolCalls: [call] }, resultOf(`${index}`, "")];
    });
    new ConversationHistory("").replace([{ role: "user", text: "Go on." }, ...messages.flat()]);
    expect(reads).toBeLessThan(5000);
  });

  it("keeps what is told at once as what is told one by one", () => {
    const id = fc.constantFrom("a", "b", "c");
    const text = fc.string({ maxLength: 9 });
    const message: fc.Arbitrary<ContextMessage> = fc.oneof(
      text.map((said): ContextMessage => ({ role: "user", text: said })),
      text.map((said): ContextMessage => ({ role: "assistant", text: said })),
      id.map((called) => callOf(called)),
      fc.tuple(id, text).map(([called, said]) => resultOf(called, said)),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 40 }), (messages) => {
        const [atOnce, oneByOne] = [new ConversationHistory(""), new ConversationHistory("")];
        atOnce.replace(messages);
        for (const each of messages) oneByOne.append([each]);
        expect(atOnce.asItStands()).toEqual(oneByOne.asItStands());
      }),
    );
  });

  it("keeps of calls and results without end the newest, each result with its call, and the question", () => {
    const history = new ConversationHistory("");
    history.append([{ role: "user", text: "Go on." }]);
    for (let index = 0; index < 40; index++) {
      const id = `call-${index}`;
      history.append([
        { role: "assistant", text: "", toolCalls: [{ id, name: "next", arguments: "{}" }] },
        { role: "tool", text: "x".repeat(9000), toolCallId: id },
      ]);
    }
    const [, question, ...rest] = history.asItStands();
    expect(question).toMatchObject({ role: "user", content: "Go on." });
    expect(rest).toHaveLength(6);
    expect(rest.map(({ toolCallId, toolCalls }) => toolCallId ?? toolCalls?.[0]?.id)).toEqual(
      [37, 37, 38, 38, 39, 39].map((index) => `call-${index}`),
    );
    expect(rest.at(-1)?.content).toHaveLength(4001);
  });

  it("drops the result of a call that is too long to be kept, and goes on", () => {
    const history = new ConversationHistory("");
    history.append([{ role: "user", text: "Draw it." }]);
    for (const message of [callOf("a", "x".repeat(20_000)), resultOf("a")]) history.append([message]);
    expect(history.asItStands().slice(1)).toEqual([{ role: "user", content: "Draw it." }]);
  });

  it("drops, of calls side by side, the result with the call that is cut off", () => {
    const history = new ConversationHistory("");
    const calls = [callOf("a", "x".repeat(9000)), callOf("b", "x".repeat(9000))];
    history.append([{ role: "user", text: "Do both." }, ...calls, resultOf("a"), resultOf("b")]);
    expect(history.asItStands().flatMap(({ toolCallId = [] }) => toolCallId)).toEqual(["b"]);
    expect(orphansOf(history.asItStands())).toEqual([]);
  });

  it("takes no result of a call that was forgotten since", () => {
    const history = new ConversationHistory("");
    history.add("Look it up.", NOTHING_SEEN, handedOver("a"));
    for (const letter of ["x", "y"]) history.add("And then?", NOTHING_SEEN, heard(letter.repeat(1000)));
    history.append([resultOf("a")]);
    expect(history.asItStands().map(({ role }) => role)).toEqual(["system", "user", "assistant"]);
  });

  it("keeps a result that comes before the answer is over in which it was called for", () => {
    const history = new ConversationHistory("");
    history.append([resultOf("a", "x".repeat(9000)), resultOf("a", "It is noon.")]);
    expect(history.asItStands()).toHaveLength(1);
    const supposed = history.supposing("What time is it?", NOTHING_SEEN, handedOver("a"));
    history.add("What time is it?", NOTHING_SEEN, handedOver("a"));
    for (const each of [supposed, history]) expect(each.asItStands()[3]?.content).toBe("It is noon.");
    history.replace([]);
    history.add("What time is it?", NOTHING_SEEN, handedOver("a"));
    expect(history.asItStands()[3]?.content).toBe("There is no result yet.");
  });

  it("stays bounded whatever is said and however little of it is heard", () => {
    const text = fc.string({ maxLength: 4000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.oneof(fc.constant(""), text)), { maxLength: 30 }), (turns) => {
        const history = new ConversationHistory("Be brief.");
        for (const [question, answer] of turns) history.add(question, NOTHING_SEEN, heard(answer));
        const size = history.withQuestion("").reduce((sum, { content }) => sum + content.length, 0);
        expect(size).toBeLessThan(12_000);
      }),
      { numRuns: 50 },
    );
  });
});

it("has another name once it is told anew, so that what was taken out has no say, and keeps it when it forgets", () => {
  const history = new ConversationHistory("Be kind.");
  const before = history.context;
  for (let turn = 0; turn < 60; turn++)
    history.add(`Why is number ${turn} so?`, NOTHING_SEEN, { text: "It is so.", toolMessages: [] });
  expect(history.asItStands().length).toBeLessThan(80);
  expect(history.context).toBe(before);
  history.replace([{ role: "user", text: "Hello." }]);
  expect(history.context).not.toBe(before);
  const told = history.context;
  history.instruct("Be kind.");
  expect(history.context).toBe(told);
  history.instruct("Be brief.");
  expect(history.context).not.toBe(told);
  expect(new ConversationHistory("Be kind.").context).not.toBe(history.context);
});

describe("a note for where nobody has said anything", () => {
  const note = "(Nobody says anything.)";
  const promptOf = (history: ConversationHistory, question: string): unknown =>
    history.promptFor(question, { seen: NOTHING_SEEN, instead: { note } }).at(-1);

  it("stands in the prompt behind an answer only, and is not remembered", () => {
    const history = new ConversationHistory("Be kind.");
    expect(promptOf(history, "")).toEqual({ role: "system", content: "Be kind." });
    history.append([{ role: "user", text: "Hello." }]);
    expect(promptOf(history, "")).toEqual({ role: "user", content: "Hello." });
    history.append([{ role: "assistant", text: "Hello, you." }]);
    expect(promptOf(history, "")).toEqual({ role: "user", content: note });
    expect(promptOf(history, "Who are you?")).toEqual({ role: "user", content: "Who are you?" });
    history.add("", NOTHING_SEEN, { text: "Still here.", toolMessages: [] });
    expect(JSON.stringify(history.asItStands())).not.toContain(note);
  });
});
