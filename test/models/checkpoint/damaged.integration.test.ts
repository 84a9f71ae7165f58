import { readFile } from "node:fs/promises";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fixture, writeCtranslate2, writeGguf, writeSafetensors } from "./support.ts";
import { survive } from "./survive.ts";

const tensors = [
  { name: "a", shape: [2, 3], bytes: new Uint8Array(24) },
  { name: "b", shape: [4], bytes: new Uint8Array(16) },
];
const samples = {
  // Without the padding at the end, which nobody needs.
  gguf: writeGguf(tensors, { "general.architecture": "llama", "general.name": "tiny" }).slice(0, -16),
  "gguf tokenizer": new Uint8Array((await readFile(fixture("tokenizers/gpt-2.gguf"))).subarray(0, 2500)),
  safetensors: writeSafetensors(tensors, { format: "pt" }),
  ctranslate2: writeCtranslate2(tensors, [["c", "a"]]),
  "ctranslate2 int8": new Uint8Array(await readFile(fixture("ctranslate2/int8.bin"))),
};

describe.each(Object.entries(samples))("a damaged file: %s", (name, sample) => {
  it("is refused wherever it is cut off", async () => {
    if (name !== "gguf tokenizer") expect(await survive(sample)).toBe("read");
    for (let length = 0; length < sample.length; length++) {
      expect(await survive(sample.slice(0, length)), `cut to ${length}`).toBe("refused");
    }
  });

  it("never makes us read elsewhere or allocate by claim, whichever bytes are changed", async () => {
    const change = fc.record({
      at: fc.nat(Math.min(sample.length, 600) - 1),
      value: fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat(255)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const content = sample.slice();
        for (const { at, value } of changes) content[at] = value;
        await survive(content);
      }),
      { numRuns: 600 },
    );
  });
});
