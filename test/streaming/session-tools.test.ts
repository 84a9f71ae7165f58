import { describe, expect, it } from "vitest";

import { FRANCE, PHRASES, settle } from "../support/fake-conversation.ts";
import { FakeTools } from "../support/fake-tools.ts";
import { answers, call, converse, lastPrompt, type } from "../support/tool-conversation.ts";

/** A promise that the test settles. */
function later(): { readonly promise: Promise<string>; readonly resolve: (text: string) => void } {
  let resolve: (text: string) => void = () => undefined;
  const promise = new Promise<string>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe("a conversation with tools", () => {
  it("has them listed, calls what the model calls, and speaks of the result", async () => {
    const tools = new FakeTools({ time: { run: () => "It is noon." } });
    const conversation = converse(tools, {
      "What time is it?": { calls: [call("time")] },
      "It is noon.": "Noon, already.",
    });
    await type(conversation, "What time is it?");
    expect(conversation.languageModel.generations[0]?.tools?.map(({ name }) => name)).toEqual(["time"]);
    expect(answers(conversation)).toEqual(["Noon, already."]);
    expect(conversation.of("tool-call")).toMatchObject([{ turn: 1, call: { name: "time" } }]);
    expect(conversation.of("tool-result")).toMatchObject([{ turn: 1, outcome: "done", text: "It is noon." }]);
    const [asked, called, told] = lastPrompt(conversation).slice(1);
    expect(asked).toMatchObject({ role: "user", content: "What time is it?" });
    expect(told?.toolCallId).toBe(called?.toolCalls?.[0]?.id);
    expect(told).toMatchObject({ role: "tool", content: "It is noon." });
  });

  it("remembers in the next turn what was called and told", async () => {
    const tools = new FakeTools({ time: { run: () => "It is noon." } });
    const conversation = converse(tools, {
      "What time is it?": { calls: [call("time")] },
      "It is noon.": "Noon.",
    });
    await type(conversation, "What time is it?");
    await type(conversation, "And now?");
    expect(lastPrompt(conversation).map(({ role }) => role)).toEqual([
      ...["system", "user", "assistant", "tool", "assistant", "user"],
    ]);
  });

  it("runs calls of one round side by side, and in any order keeps each result with its call", async () => {
    const first = later();
    const second = later();
    const tools = new FakeTools({ one: { run: () => first.promise }, two: { run: () => second.promise } });
    const conversation = converse(tools, { Both: { calls: [call("one"), call("two")] }, second: "Done." });
    await type(conversation, "Both", 100);
    expect(tools.called.map(({ name }) => name)).toEqual(["one", "two"]);
    second.resolve("second");
    first.resolve("first");
    await conversation.silence(2000);
    expect(
      lastPrompt(conversation)
        .slice(-2)
        .map(({ content }) => content),
    ).toEqual(["first", "second"]);
    expect(answers(conversation)).toEqual(["Done."]);
  });

  it("says that it takes a moment where a tool is slow, and does not remember having said so", async () => {
    const slow = later();
    const conversation = converse(new FakeTools({ search: { run: () => slow.promise } }), {
      Search: { calls: [call("search")] },
      found: "Here it is.",
    });
    await type(conversation, "Search", 1500);
    expect(
      conversation
        .of("answer-delta")
        .map(({ text }) => text)
        .join(""),
    ).toBe("One moment. ");
    expect(conversation.of("answer-audio").length).toBeGreaterThan(0);
    slow.resolve("found");
    await conversation.silence(3000);
    expect(answers(conversation)).toEqual(["One moment. Here it is."]);
    await type(conversation, "Thanks");
    expect(lastPrompt(conversation).at(-2)).toMatchObject({ role: "assistant", content: "Here it is." });
  });

  const recognize = async () => {
    await Promise.resolve();
    return {
      text: PHRASES[FRANCE],
      tokens: [],
      noSpeechProbability: 0,
      averageLogProbability: 0,
      rejected: false,
    };
  };

  it("calls nothing before the turn is over, however early the model has decided to", async () => {
    const tools = new FakeTools({ time: { run: () => "It is noon." } });
    const conversation = converse(tools, {}, { recognizer: { recognize } });
    conversation.languageModel.answer = (text) =>
      text === "It is noon." ? "Noon." : { calls: [call("time")] };
    await conversation.say(FRANCE);
    await conversation.silence(180);
    expect(conversation.languageModel.generations).toHaveLength(1);
    expect(tools.called).toHaveLength(0);
    await conversation.say(FRANCE, 600); // goes on: the work of the first pause is void
    await conversation.silence(180);
    expect(tools.called).toHaveLength(0);
    await conversation.silence(3000);
    expect(tools.called).toHaveLength(1);
    expect(answers(conversation)).toEqual(["Noon."]);
  });

  it("keeps the result of a tool that was running when the user interrupted, and does not run it again", async () => {
    const slow = later();
    const tools = new FakeTools({ search: { run: () => slow.promise } });
    const conversation = converse(tools, { Search: { calls: [call("search")] } });
    await type(conversation, "Search", 200);
    conversation.session.push({ type: "interrupt" });
    await settle();
    slow.resolve("found");
    await conversation.silence(500);
    expect(conversation.of("answer-end")).toMatchObject([{ outcome: "interrupted" }]);
    await type(conversation, "And?");
    expect(lastPrompt(conversation)).toContainEqual(
      expect.objectContaining({ role: "tool", content: "found" }),
    );
    expect(tools.called).toHaveLength(1);
  });

  it("tells the model of arguments that are no JSON, of unknown tools and of failures, and answers all the same", async () => {
    const tools = new FakeTools({
      fails: {
        run: () => {
          throw new Error("the oven is hot");
        },
      },
    });
    const conversation = converse(tools, {
      Try: {
        calls: [
          { name: "fails", arguments: "{oops" },
          call("unknown"),
          { name: "fails", arguments: "[]" },
          call("fails"),
        ],
      },
      "Error: the oven is hot": "It did not work.",
    });
    await type(conversation, "Try");
    expect(conversation.of("tool-result").map(({ outcome }) => outcome)).toEqual(Array(4).fill("failed"));
    expect(tools.called).toHaveLength(1);
    expect(answers(conversation)).toEqual(["It did not work."]);
  });

  it("gives a tool up that never answers", async () => {
    const conversation = converse(new FakeTools({ hangs: { run: () => new Promise(() => undefined) } }), {
      Try: { calls: [call("hangs")] },
      "Error: it takes too long": "It took too long.",
    });
    await type(conversation, "Try", 33_000);
    expect(answers(conversation)).toEqual(["One moment. It took too long."]);
  });

  it("lets the model call four times for an answer, then asks it for words", async () => {
    const tools = new FakeTools({ again: { run: () => "again" } });
    const conversation = converse(tools, {});
    conversation.languageModel.answer = () =>
      conversation.languageModel.generations.at(-1)?.tools === undefined
        ? "Enough."
        : { calls: [call("again")] };
    await type(conversation, "Go");
    expect(tools.called).toHaveLength(4);
    expect(answers(conversation)).toEqual(["Enough."]);
  });

  it("ends an answer whose call somebody else runs, and goes on when the result is there", async () => {
    const tools = new FakeTools({ theirs: { run: () => ({ type: "handed-over" }) } });
    const conversation = converse(tools, { Ask: { calls: [call("theirs")] }, "their word": "They say so." });
    await type(conversation, "Ask");
    expect(conversation.of("answer-end")).toMatchObject([{ outcome: "completed", text: "" }]);
    expect(conversation.of("tool-result")).toHaveLength(0);
    expect(conversation.of("tool-handed-over")).toMatchObject([{ turn: 1, call: { name: "theirs" } }]);
    const toolCallId = conversation.of("tool-call")[0]?.call.id ?? "";
    const result = { role: "tool", text: "their word", toolCallId } as const;
    conversation.session.push({ type: "add-context", messages: [result] });
    conversation.session.push({ type: "respond" });
    await conversation.silence(3000);
    expect(answers(conversation)).toEqual(["", "They say so."]);
    expect(lastPrompt(conversation).filter(({ role }) => role === "tool")).toHaveLength(1);
  });

  it("offers nothing to a model that cannot call", async () => {
    const conversation = converse(new FakeTools({ a: { run: () => "" } }), {});
    Object.assign(conversation.languageModel, { callsTools: false });
    await type(conversation, "Hello");
    expect(conversation.languageModel.generations[0]?.tools).toBeUndefined();
  });
});

describe("what changes the world", () => {
  const door = () => new FakeTools({ unlock_door: { sideEffect: true, run: () => "unlocked" } });
  const script = {
    Unlock: { calls: [call("unlock_door", { where: "front" })] },
    unlocked: "It is open.",
  };

  it("is asked about first, by a rule, and done once the user says yes", async () => {
    const tools = door();
    const conversation = converse(tools, script);
    await type(conversation, "Unlock");
    expect(answers(conversation)).toEqual(["Shall I do this: unlock door, where front?"]);
    expect(tools.called).toHaveLength(0);
    await type(conversation, "Yes, please.");
    expect(tools.called).toHaveLength(1);
    expect(JSON.parse(tools.called[0]?.arguments ?? "")).toEqual({ where: "front" });
    expect(answers(conversation).at(-1)).toBe("It is open.");
  });

  it.each(["No.", "What time is it?", "Yes, but later."])(
    "is not done after %j, nor by a later yes",
    async (words) => {
      const tools = door();
      const conversation = converse(tools, script);
      await type(conversation, "Unlock");
      await type(conversation, words);
      await type(conversation, "Yes.");
      expect(tools.called).toHaveLength(0);
    },
  );

  it("is done once, though the user says yes twice", async () => {
    const tools = door();
    const conversation = converse(tools, script);
    await type(conversation, "Unlock");
    await type(conversation, "Yes.");
    await type(conversation, "Yes.");
    expect(tools.called).toHaveLength(1);
  });

  it("is not done where the model says yes to itself", async () => {
    const tools = door();
    const conversation = converse(tools, {
      ...script,
      Unlock: { text: "Yes. ", calls: [call("unlock_door"), call("unlock_door")] },
    });
    await type(conversation, "Unlock");
    conversation.session.push({ type: "respond" });
    await conversation.silence(3000);
    expect(tools.called).toHaveLength(0);
  });

  it("is not done where the question was not heard to its end", async () => {
    const tools = door();
    const conversation = converse(tools, script);
    await type(conversation, "Unlock", 300);
    await type(conversation, "Yes.");
    expect(tools.called).toHaveLength(0);
  });

  it("is not done where nobody was asked, because the answer ended before its other tools did", async () => {
    const slow = later();
    const tools = new FakeTools({
      search: { run: () => slow.promise },
      unlock_door: { sideEffect: true, run: () => "unlocked" },
    });
    const conversation = converse(tools, { Both: { calls: [call("search"), call("unlock_door")] } });
    await type(conversation, "Both", 200);
    conversation.session.push({ type: "interrupt" });
    await settle();
    slow.resolve("found");
    await conversation.silence(500);
    await type(conversation, "Yes.");
    expect(tools.called.map(({ name }) => name)).toEqual(["search"]);
  });

  it("is not done by a yes to what was said after the question, nor by one that comes much later", async () => {
    const tools = door();
    const conversation = converse(tools, script);
    await type(conversation, "Unlock");
    conversation.session.push({ type: "say", text: "Your tea is ready." });
    await conversation.silence(4000);
    await type(conversation, "Yes.");
    expect(tools.called).toHaveLength(0);
    await type(conversation, "Unlock");
    conversation.clock.advance(60_000);
    await type(conversation, "Yes.");
    expect(tools.called).toHaveLength(0);
  });
});
