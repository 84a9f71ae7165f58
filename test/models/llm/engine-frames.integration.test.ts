import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openCheckpoint } from "../../../models/checkpoint/index.ts";
import type { ChatMessage, FramePart } from "../../../streaming/index.ts";
import { fixture } from "./support.ts";
import { say, TinyEngine } from "./tiny-engine.ts";

let tiny: TinyEngine;
let hidden: number;
/** The embedding of any token of the tiny model. */
let wordVector: (token: number) => Float32Array;
beforeAll(async () => {
  tiny = await TinyEngine.open();
  const checkpoint = await openCheckpoint(fixture("llm/tiny.gguf"));
  hidden = checkpoint.tensors.get("token_embd.weight")!.shape[1]!;
  const rows = checkpoint.floatRows("token_embd.weight", [...Array(200).keys()]);
  wordVector = (token) => rows.slice(token * hidden, (token + 1) * hidden);
  await checkpoint.close();
});
afterAll(async () => {
  await tiny[Symbol.asyncDispose]();
});

/** A frame of so many vectors, different for every name. */
function frame(id: string, vectors = 6, seed = id): FramePart {
  const start = Buffer.from(seed).reduce((sum, byte) => sum + byte, 0);
  const rows = Array.from({ length: vectors }, (_, index) => [...wordVector((start + 7 * index) % 200)]);
  return { type: "frame", id, embeddings: Float32Array.from(rows.flat()) };
}

const ask = (text: string, ...frames: FramePart[]): ChatMessage[] => [
  say("system", "Be brief."),
  { role: "user", content: [...frames, { type: "text", text }] },
];

describe("a prompt with a frame", () => {
  it("costs its vectors once: the second time only the new words are computed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, maxLength: 3, unit: "grapheme-ascii" }),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom("What is this?", "And the colour of it?", "Read it."),
        async (id, vectors, question) => {
          const seat = `frame ${id}`;
          await tiny.generate({ seat, messages: ask("What is it now?", frame(id, vectors)) });
          const messages = ask(question, frame(id, vectors));
          const { ready, text } = await tiny.generate({ seat, messages });
          const words = (await tiny.generate({ messages: ask(question) })).ready!.promptTokens;
          expect(ready!.promptTokens - words).toBeGreaterThanOrEqual(vectors);
          // All up to the frame's end was there.
          expect(ready!.promptTokens - ready!.cachedTokens).toBeLessThanOrEqual(question.length + 16);
          const before = (await tiny.generate({ messages: [say("system", "Be brief.")] })).ready!
            .promptTokens;
          expect(ready!.cachedTokens).toBeGreaterThanOrEqual(before - 6 + vectors);
          expect(text).toBe((await tiny.generateAlone({ messages })).text);
        },
      ),
      { numRuns: 12 },
    );
  });

  it("that was prefilled while the question grew costs the rest of the question", async () => {
    const seat = "growing over a frame";
    const seen = frame("seen", 20);
    await tiny.prefill(seat, ask("", seen), true);
    await tiny.prefill(seat, ask("What am I hol", seen), true);
    const messages = ask("What am I holding?", seen);
    const { ready, text } = await tiny.generate({ seat, messages });
    expect(ready!.promptTokens - ready!.cachedTokens).toBeLessThan(20);
    expect(text).toBe((await tiny.generateAlone({ messages })).text);
  });

  it("whose picture changed under the same name is computed anew, or the old picture would be answered about", async () => {
    const seat = "lure";
    await tiny.generate({ seat, messages: ask("What is this?", frame("camera", 8, "cup")) });
    const messages = ask("What is this?", frame("camera", 8, "dog"));
    const { ready, text } = await tiny.generate({ seat, messages });
    const unchanged = (await tiny.generate({ seat, messages })).ready!;
    expect(unchanged.cachedTokens).toBe(unchanged.promptTokens - 1);
    expect(ready!.cachedTokens).toBeLessThan(ready!.promptTokens - 8);
    expect(text).toBe((await tiny.generateAlone({ messages })).text);
  });

  it("is scored alike from an empty and a prefilled seat, and differently for another picture", async () => {
    const messages = ask("Is there a cup?", frame("scored"));
    const choices = ["yes", "no"];
    const cold = await tiny.score("scored cold", messages, choices);
    await tiny.prefill("scored warm", messages);
    const warm = await tiny.score("scored warm", messages, choices);
    expect(warm[0]).toBeCloseTo(cold[0]!, 4);
    const other = await tiny.score(
      "scored other",
      ask("Is there a cup?", frame("scored", 6, "other")),
      choices,
    );
    expect(Math.abs(other[0]! - cold[0]!)).toBeGreaterThan(1e-6);
  });

  it("may hold several, and a frame may stand anywhere among the words", async () => {
    const [left, right] = [frame("left"), frame("right")];
    const messages: ChatMessage[] = [
      ...ask("What is this?", left),
      say("assistant", "A cup."),
      {
        role: "user",
        content: [{ type: "text", text: "And this" }, right, { type: "text", text: "or this" }, left],
      },
    ];
    const { text } = await tiny.generate({ messages });
    expect(text).toBe((await tiny.generateAlone({ messages })).text);
  });

  it("for another language model is refused", async () => {
    const wrong: FramePart = { type: "frame", id: "wrong", embeddings: new Float32Array(hidden + 1) };
    await expect(tiny.generate({ messages: ask("What?", wrong) })).rejects.toMatchObject({
      code: "inference-failed",
    });
  });
});
