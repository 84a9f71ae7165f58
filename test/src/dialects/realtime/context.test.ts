import { beforeEach, describe, expect, test } from "vitest";

import { readItem } from "../../../../src/dialects/realtime/client-item.ts";
import { Context } from "../../../../src/dialects/realtime/context.ts";
import { Items } from "../../../../src/dialects/realtime/items.ts";
import type { ContextMessage, SessionInput } from "../../../../streaming/index.ts";

const RULES = { nextId: () => "x", maxTextLength: 4000 };
const CALL = { id: "call-1", name: "remember", arguments: "{}" };

let items: Items;
let context: Context;
let told: readonly ContextMessage[];

function say(id: string, role: "user" | "assistant" = "user"): void {
  const content = [{ type: "input_text", text: id }];
  items.append(readItem({ id, type: "message", role, content }, RULES).item);
}

beforeEach(() => {
  items = new Items();
  told = [];
  const push = (input: SessionInput): void => {
    if (input.type === "replace-context") told = input.messages;
  };
  context = new Context({ push }, items);
});

const texts = (): string[] => told.map(({ text }) => text);

describe("what the language model is told anew", () => {
  test("lacks the question that is being answered, and is told once more when that is over", () => {
    say("before");
    say("question");
    context.begin("question");
    context.replace();
    expect(texts()).toEqual(["before"]);
    // The conversation may have added the question already: its word of that is still on its way.
    expect(context.end()).toBe(true);
    context.replace();
    expect(texts()).toEqual(["before", "question"]);
    context.begin("question");
    expect(context.end()).toBe(false);
  });

  test("lacks what was said into an answer, which the conversation puts behind that answer by itself", () => {
    say("question");
    context.begin("question");
    say("into the answer");
    context.keep("into the answer");
    context.replace();
    expect(texts()).toEqual([]);
    expect(context.end()).toBe(true);
    context.keep("into the answer");
    context.replace();
    expect(texts()).toEqual(["question", "into the answer"]);
  });

  test("has the server's calls before what was said of them, and what came of them later", () => {
    say("question");
    context.begin(undefined);
    say("answer", "assistant");
    context.noteTool({ type: "tool-call", turn: 1, call: CALL }, "answer");
    context.replace();
    expect(texts()).toEqual(["question", "answer"]);
    context.end();
    context.noteTool(
      { type: "tool-result", turn: 1, callId: CALL.id, outcome: "done", text: "Kept." },
      undefined,
    );
    context.replace();
    expect(told).toEqual([
      { role: "user", text: "question" },
      { role: "assistant", text: "", toolCalls: [CALL] },
      { role: "tool", toolCallId: CALL.id, text: "Kept." },
      { role: "assistant", text: "answer" },
    ]);
    expect([items.lastId, items.idBefore("answer")]).toEqual(["answer", "question"]);
  });

  test("has a call that was handed over as the client's own item only", () => {
    say("question");
    context.begin(undefined);
    context.noteTool({ type: "tool-call", turn: 1, call: CALL }, undefined);
    context.noteTool({ type: "tool-handed-over", turn: 1, call: CALL }, undefined);
    const { id: call_id, ...rest } = CALL;
    items.append(readItem({ id: "call", type: "function_call", call_id, ...rest }, RULES).item);
    context.replace();
    expect(texts()).toEqual(["question"]);
    context.end();
    context.replace();
    expect(told.slice(1)).toEqual([{ role: "assistant", text: "", toolCalls: [CALL] }]);
  });
});
