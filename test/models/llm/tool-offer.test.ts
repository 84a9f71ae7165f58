import { describe, expect, it } from "vitest";

import { toolsFor } from "../../../models/llm/tool-gate.ts";
import { offerTools } from "../../../models/llm/tool-offer.ts";
import { type ChatMessage, SILENCE_NOTE, type ToolSpec } from "../../../streaming/index.ts";

const NONE = { type: "object", properties: {} };
const tools: readonly ToolSpec[] = [
  { name: "get_time", description: "The current time, day of the week and date.", parameters: NONE },
  { name: "set_timer", description: "Sets a timer or reminder that rings after a time.", parameters: NONE },
  {
    name: "HassTurnOn",
    description: "Turns on a device.",
    parameters: { type: "object", properties: { room: { enum: ["kitchen", "bath"] } } },
  },
];
const names = (question: string): readonly string[] => toolsFor(question, tools).map(({ name }) => name);
const ask = (question: string): readonly ChatMessage[] => [
  { role: "system", content: "Be brief." },
  { role: "user", content: question },
];

describe("the gate before tools", () => {
  it.each([
    ["What time is it?", "get_time"],
    ["Set a timer for five minutes.", "set_timer"],
    ["Remind me with two timers.", "set_timer"],
    ["Turn the light on in the kitchen, please.", "HassTurnOn"],
  ])("lets %j through to %s, or the tool could never be used", (question, name) => {
    expect(names(question)[0]).toBe(name);
  });

  it.each(["What is the capital of France?", "Who are you?", "Tell me a joke, please.", ""])(
    "keeps %j from all tools, or each plain answer would wait for them",
    (question) => {
      expect(names(question)).toEqual([]);
      const messages = ask(question);
      expect(offerTools({ messages, tools })).toEqual({ messages, told: [], call: "never" });
    },
  );
});

it("offers nothing to a user who says nothing: what the model is told of that is no wish of theirs", () => {
  const offers = {
    name: "get_offers",
    description: "What is offered, in short sentences.",
    parameters: NONE,
  };
  expect(toolsFor(SILENCE_NOTE, [offers])).not.toEqual([]);
  const messages = ask(SILENCE_NOTE);
  expect(offerTools({ messages, tools: [offers] })).toEqual({ messages, told: [], call: "never" });
});

describe("the offer of tools", () => {
  it("stands behind the question, so that what is computed before it can be used", () => {
    const { messages, call } = offerTools({ messages: ask("What time is it?"), tools });
    expect(messages[0]).toEqual({ role: "system", content: "Be brief." });
    expect(messages[1]?.content).toMatch(/^What time is it\?\n\n\[.*get_time\(\)/su);
    expect(call).toBe("may");
  });

  it("is the same with the results, which are to be spoken of", () => {
    const before = offerTools({ messages: ask("What time is it?"), tools });
    const result: readonly ChatMessage[] = [
      { role: "assistant", content: "", toolCalls: [{ id: "a", name: "get_time", arguments: "{}" }] },
      { role: "tool", content: "noon".repeat(1000), toolCallId: "a" },
    ];
    const after = offerTools({ messages: [...ask("What time is it?"), ...result], tools });
    expect(after.messages.slice(0, 2)).toEqual(before.messages);
    expect(after.call).toBe("never");
    expect(after.messages.at(-1)?.content.length).toBeLessThan(2000);
  });

  it("does what it is told: one tool, any, or none", () => {
    const messages = ask("Hello");
    expect(offerTools({ messages, tools, toolChoice: { name: "get_time" } })).toMatchObject({ call: "must" });
    expect(offerTools({ messages, tools, toolChoice: "required" })).toMatchObject({
      call: "must",
      told: tools,
    });
    const time = ask("What time is it?");
    expect(offerTools({ messages: time, tools, toolChoice: "none" })).toMatchObject({
      call: "never",
      told: [],
    });
  });
});
