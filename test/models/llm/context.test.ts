import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fitContext } from "../../../models/llm/context.ts";
import { textOf } from "../../../streaming/index.ts";
import type { ChatMessage } from "../../../streaming/index.ts";

/** Ten tokens for each frame. */
const framesIn = ({ content }: ChatMessage): number[] =>
  typeof content === "string"
    ? []
    : content.filter((part) => part.type === "frame").flatMap(() => Array.from({ length: 10 }, () => 7));

/** As many tokens as letters, and one for each message. */
const encode = (messages: readonly ChatMessage[]): number[] =>
  messages.flatMap((message) => [
    0,
    ...Array.from(textOf(message), (letter) => letter.charCodeAt(0)),
    ...framesIn(message),
  ]);

const say = (role: ChatMessage["role"], content: string): ChatMessage => ({ role, content });

/** A conversation as sessions make them: system prompt or none, questions and answers in turn. */
const conversation = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.string({ maxLength: 12 }), { maxLength: 12 }),
    fc.string({ maxLength: 12 }),
  )
  .map(([hasSystem, turns, newest]): ChatMessage[] => [
    ...(hasSystem ? [say("system", "Be brief.")] : []),
    ...turns.flatMap((text) => [say("user", text), say("assistant", text.toUpperCase())]),
    say("user", newest),
  ]);

describe("fitting a conversation into the context", () => {
  it("leaves a conversation that fits as it is", () => {
    const messages = [say("system", "s"), say("user", "question")];
    expect(fitContext(messages, 11, encode)).toEqual({ messages, tokens: encode(messages) });
  });

  it("forgets old frames before old words, and keeps the newest", () => {
    const seen = (id: string, text: string): ChatMessage => ({
      role: "user",
      content: [
        { type: "frame", id, embeddings: new Float32Array(1) },
        { type: "text", text },
      ],
    });
    const messages = [
      seen("1", "one"),
      say("assistant", "two"),
      seen("2", "three"),
      say("assistant", "four"),
      say("user", "five"),
    ];
    expect(fitContext(messages, 44, encode).messages).toEqual(messages);
    const { messages: kept } = fitContext(messages, 43, encode);
    expect(kept.map(textOf)).toEqual(["one", "two", "three", "four", "five"]);
    expect(kept[0]!.content).toEqual([{ type: "text", text: "one" }]);
    expect(kept[2]).toEqual(messages[2]);
    expect(fitContext(messages, 33, encode).messages.map(textOf)).toEqual(["five"]);
  });

  it("keeps the system prompt and the newest turns, and never begins with an answer", () => {
    fc.assert(
      fc.property(conversation, fc.integer({ min: 24, max: 200 }), (messages, maxTokens) => {
        const { messages: kept, tokens } = fitContext(messages, maxTokens, encode);
        expect(tokens).toEqual(encode(kept));
        expect(tokens.length).toBeLessThanOrEqual(maxTokens);
        const system = messages[0]?.role === "system" ? 1 : 0;
        expect(kept.slice(0, system)).toEqual(messages.slice(0, system));
        const turns = kept.slice(system);
        expect(turns).toEqual(messages.slice(messages.length - turns.length));
        expect(turns[0]?.role).toBe("user");
      }),
    );
  });

  it("drops at least half of the turns at once, so that the next turns find their prefix in the cache", () => {
    const messages = Array.from({ length: 9 }, (_, index) =>
      say(index % 2 === 0 ? "user" : "assistant", "12345"),
    );
    expect(fitContext(messages, 53, encode).messages).toEqual(messages.slice(6));
  });

  it("keeps a last answer together with its question", () => {
    const messages = [
      say("user", "aaaa"),
      say("assistant", "bbbb"),
      say("user", "cc"),
      say("assistant", "dddd"),
    ];
    expect(fitContext(messages, 10, encode).messages).toEqual(messages.slice(2));
    expect(() => fitContext(messages, 7, encode)).toThrow(
      expect.objectContaining({ code: "text-too-long" }) as Error,
    );
  });

  it("refuses a question that does not fit by itself", () => {
    const messages = [
      say("system", "s"),
      say("user", "a"),
      say("assistant", "b"),
      say("user", "much too long"),
    ];
    const error = expect.objectContaining({ code: "text-too-long" }) as Error;
    expect(() => fitContext(messages, 15, encode)).toThrow(error);
    expect(fitContext(messages, 16, encode).messages).toEqual([messages[0], messages[3]]);
  });
});
