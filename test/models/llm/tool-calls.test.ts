import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import { ForcedWriting, type NextTokens } from "../../../models/llm/forced-writing.ts";
import type { TextTokenizer } from "../../../models/llm/tokenizer.ts";
import { writeCall } from "../../../models/llm/tool-calls.ts";
import type { JsonSchema, ToolCall } from "../../../streaming/index.ts";
import { tinyTokenizer } from "./support.ts";

let tokenizer: TextTokenizer;
/** Of the tiny tokenizer. */
let vocabulary: readonly number[];
beforeAll(async () => {
  tokenizer = await tinyTokenizer("qwen2");
  vocabulary = Array.from({ length: 400 }, (_, token) => token);
});

/** A network that likes anything. */
function whim(random: () => number, runs: (readonly number[])[] = []): NextTokens {
  return {
    candidates: (run) => {
      runs.push(run);
      const tokens = Array.from(
        { length: 40 },
        () => vocabulary[Math.floor(random() * vocabulary.length)] ?? 0,
      );
      return Promise.resolve({ tokens, logits: Float32Array.from(tokens, random) });
    },
    score: (run, choices) => {
      runs.push(run);
      return Promise.resolve(Float32Array.from(choices, random));
    },
  };
}

const seeds = fc.nat(0xffffff);
/** Numbers in [0, 1) that look like chance (a linear congruence). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function write(
  next: NextTokens,
  parameters: JsonSchema,
  maxTokens: number,
  others: string[] = [],
): Promise<ToolCall> {
  const tools = ["act", ...others].map((name) => ({ name, description: "", parameters }));
  const steps = writeCall(new ForcedWriting(next, tokenizer, maxTokens), tools);
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value ?? { id: "", name: "none", arguments: "{}" };
  }
}

const leaf: fc.Arbitrary<JsonSchema> = fc.oneof(
  fc.constant({ type: "string" }),
  fc.nat(12).map((maxLength) => ({ type: "string", maxLength })),
  fc.constant({ type: "number" }),
  fc.constant({ type: "boolean" }),
  fc.constant({ type: "null" }),
  fc.tuple(fc.integer({ min: -50, max: 50 }), fc.nat(50)).map(([minimum, span]) => ({
    type: "integer",
    minimum,
    maximum: minimum + span,
  })),
  fc
    .uniqueArray(fc.oneof(fc.string(), fc.integer(), fc.boolean()), { minLength: 1, maxLength: 5 })
    .map((values) => ({ enum: values })),
  fc.string().map((value) => ({ const: value })),
);

const objectOf = (inner: fc.Arbitrary<JsonSchema>): fc.Arbitrary<JsonSchema> =>
  fc
    .array(fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/u), inner, fc.boolean()), { maxLength: 4 })
    .map((fields) => ({
      type: "object",
      properties: Object.fromEntries(fields.map(([name, schema]) => [name, schema])),
      required: [...new Set(fields.filter(([, , needed]) => needed).map(([name]) => name))],
    }));

const arrayOf = (inner: fc.Arbitrary<JsonSchema>): fc.Arbitrary<JsonSchema> =>
  fc.tuple(inner, fc.nat(2), fc.nat(2)).map(([items, minItems, more]) => ({
    type: "array",
    items,
    minItems,
    maxItems: minItems + more,
  }));

const shallow = fc.oneof(leaf, objectOf(leaf), arrayOf(leaf));
const schemas = objectOf(fc.oneof(shallow, arrayOf(shallow)));

describe("a call that a local model writes", () => {
  it("parses and fits the schema whatever the logits are, however few tokens there are left", async () => {
    await fc.assert(
      fc.asyncProperty(schemas, seeds, fc.nat(200), async (schema, seed, maxTokens) => {
        const random = randomFrom(seed);
        const call = await write(whim(random), schema, maxTokens);
        const values: unknown = JSON.parse(call.arguments);
        const checked = z.fromJSONSchema(schema).safeParse(values);
        expect(checked.error?.issues ?? [], `${call.arguments} of ${JSON.stringify(schema)}`).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it("has one of the tools' names, also where one begins the other", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const random = randomFrom(seed);
        const { name } = await write(whim(random), { type: "object" }, 100, ["act_now", "a", "other"]);
        expect(["act", "act_now", "a", "other"]).toContain(name);
      }),
    );
  });

  it("has the values that the model likes best where they fit", async () => {
    const [a = 0] = tokenizer.encode("a");
    const [quote = 0] = tokenizer.encode('"');
    let left = 3;
    const next: NextTokens = {
      candidates: () => {
        left -= 1;
        return Promise.resolve({ tokens: [quote, a], logits: Float32Array.of(0, left >= 0 ? 1 : -1) });
      },
      score: (_, choices) => Promise.resolve(Float32Array.from(choices, (_choice, index) => index)),
    };
    const parameters = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
    expect((await write(next, parameters, 100)).arguments).toBe('{"text": "aaa"}');
  });

  it("asks the network only where there is a choice", async () => {
    const runs: (readonly number[])[] = [];
    const parameters = {
      type: "object",
      properties: { unit: { enum: ["minutes", "hours"] }, kind: { const: "timer" } },
      required: ["unit", "kind"],
    };
    await write(
      whim(() => 0.5, runs),
      parameters,
      100,
    );
    expect(runs.length).toBe(1);
    expect(tokenizer.decode([...(runs[0] ?? [])])).toContain('"unit": ');
  });
});
