import { describe, expect, it } from "vitest";

import { parseCheckpoint } from "../../../models/checkpoint/open.ts";
import { ByteWriter, MemorySource, rawSafetensors, writeCtranslate2 } from "./support.ts";
import { survive } from "./survive.ts";

const tensors = [
  { name: "a", shape: [2, 3], bytes: new Uint8Array(24) },
  { name: "b", shape: [4], bytes: new Uint8Array(16) },
];

function ggufWith(metadata: (writer: ByteWriter) => ByteWriter, count = 1): Uint8Array {
  return metadata(new ByteWriter().bytes(Buffer.from("GGUF")).u32(3).u64(0).u64(count))
    .bytes(new Uint8Array(64))
    .finish();
}

function ggufTensor(shape: readonly (number | bigint)[], type: number, offset: number | bigint): Uint8Array {
  const writer = new ByteWriter().bytes(Buffer.from("GGUF")).u32(3).u64(1).u64(0).text("t").u32(shape.length);
  for (const dimension of shape) writer.u64(dimension);
  return writer.u32(type).u64(offset).bytes(new Uint8Array(1024)).finish();
}

function ctranslate2Variable(shape: readonly number[], type: number, byteLength: number): Uint8Array {
  const writer = new ByteWriter().u32(6).closedText("Spec").u32(1).u32(1).closedText("t").u8(shape.length);
  for (const dimension of shape) writer.u32(dimension);
  return writer.u8(type).u32(byteLength).bytes(new Uint8Array(64)).finish();
}

const data = new Uint8Array(16);
const f32 = (start: number, end: number): string =>
  `{"dtype":"F32","shape":[${(end - start) / 4}],"data_offsets":[${start},${end}]}`;
const MUCH = 2n ** 63n - 1n;

/** Name, file, part of the message that says what is wrong. */
const claims: readonly (readonly [string, Uint8Array, string])[] = [
  ["GGUF: version 1", new ByteWriter().bytes(Buffer.from("GGUF")).u32(1).u64(0).u64(0).finish(), "version 1"],
  [
    "GGUF: big-endian",
    new ByteWriter()
      .bytes(Buffer.from("GGUF"))
      .u32(3 << 24)
      .u64(0)
      .u64(0)
      .finish(),
    "big-endian",
  ],
  ["GGUF: entries without end", ggufWith((writer) => writer, 2 ** 52), "twice"],
  [
    "GGUF: more entries than numbers",
    new ByteWriter().bytes(Buffer.from("GGUF")).u32(3).u64(0).u64(MUCH).finish(),
    "claims",
  ],
  ["GGUF: a huge key", ggufWith((writer) => writer.u64(2n ** 40n)), "metadata key"],
  [
    "GGUF: a huge text",
    ggufWith((writer) =>
      writer
        .text("k")
        .u32(8)
        .u64(2n ** 40n),
    ),
    "ends inside",
  ],
  [
    "GGUF: a huge number array",
    ggufWith((writer) =>
      writer
        .text("k")
        .u32(9)
        .u32(4)
        .u64(2n ** 50n),
    ),
    "ends inside",
  ],
  [
    "GGUF: a huge text array",
    ggufWith((writer) =>
      writer
        .text("k")
        .u32(9)
        .u32(8)
        .u64(2n ** 50n),
    ),
    "ends inside",
  ],
  [
    "GGUF: endless nesting",
    ggufWith((writer) => {
      writer.text("k").u32(9);
      for (let depth = 0; depth < 1000; depth++) writer.u32(9).u64(1);
      return writer;
    }),
    "nests",
  ],
  ["GGUF: an unknown value type", ggufWith((writer) => writer.text("k").u32(13)), "unknown type 13"],
  [
    "GGUF: a key twice",
    ggufWith((writer) => writer.text("k").u32(0).u8(1).text("k").u32(0).u8(1), 2),
    "twice",
  ],
  [
    "GGUF: an odd alignment",
    ggufWith((writer) => writer.text("general.alignment").u32(4).u32(24)),
    "alignment",
  ],
  ["GGUF: no alignment", ggufWith((writer) => writer.text("general.alignment").u32(4).u32(0)), "alignment"],
  ["GGUF: one of several parts", ggufWith((writer) => writer.text("split.count").u32(2).u16(3)), "parts"],
  ["GGUF: five dimensions", ggufTensor([1, 1, 1, 1, 1], 0, 0), "5 dimensions"],
  ["GGUF: dimensions that overflow", ggufTensor([2n ** 40n, 2n ** 40n], 0, 0), "impossible shape"],
  ["GGUF: a tensor beyond the end", ggufTensor([1024], 0, 0), "ends inside tensor"],
  ["GGUF: an offset beyond the end", ggufTensor([1], 0, 2n ** 52n), "ends inside tensor"],
  ["GGUF: half a block", ggufTensor([48], 2, 0), "impossible shape"],
  ["GGUF: an unread tensor type", ggufTensor([256], 20, 0), "ggml type 20"],
  ["GGUF: a misaligned tensor", ggufTensor([1], 0, 4), "misaligned"],
  [
    "GGUF: overlapping tensors",
    new ByteWriter()
      .bytes(Buffer.from("GGUF"))
      .u32(3)
      .u64(2)
      .u64(0)
      .text("a")
      .u32(1)
      .u64(16)
      .u32(0)
      .u64(0)
      .text("b")
      .u32(1)
      .u64(16)
      .u32(0)
      .u64(32)
      .bytes(new Uint8Array(256))
      .finish(),
    "overlap",
  ],
  [
    "GGUF: a tensor twice",
    new ByteWriter()
      .bytes(Buffer.from("GGUF"))
      .u32(3)
      .u64(2)
      .u64(0)
      .text("a")
      .u32(1)
      .u64(8)
      .u32(0)
      .u64(0)
      .text("a")
      .u32(1)
      .u64(8)
      .u32(0)
      .u64(32)
      .bytes(new Uint8Array(256))
      .finish(),
    "twice",
  ],
  [
    "safetensors: a header beyond the end",
    new ByteWriter().u64(90_000_000).bytes(Buffer.from("{}")).finish(),
    "ends inside",
  ],
  [
    "safetensors: a header of more than 100 MB",
    new ByteWriter().u64(100_000_001).bytes(Buffer.from("{}")).finish(),
    "claims a header",
  ],
  ["safetensors: no JSON", rawSafetensors("{,}", data), "unreadable"],
  [
    "safetensors: no UTF-8",
    new ByteWriter()
      .u64(4)
      .bytes(Uint8Array.of(0x7b, 0x22, 0xff, 0x7d))
      .finish(),
    "unreadable",
  ],
  [
    "safetensors: endless nesting",
    rawSafetensors(`{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`, data),
    "wrongly",
  ],
  ["safetensors: offsets beyond the end", rawSafetensors(`{"a":${f32(0, 32)}}`, data), "ends inside"],
  [
    "safetensors: offsets reversed",
    rawSafetensors(`{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}`, data),
    "ends inside",
  ],
  [
    "safetensors: negative offsets",
    rawSafetensors(`{"a":{"dtype":"F32","shape":[4],"data_offsets":[-16,0]}}`, data),
    "wrongly",
  ],
  [
    "safetensors: broken offsets",
    rawSafetensors(`{"a":{"dtype":"F32","shape":[4],"data_offsets":[0.5,16.5]}}`, data),
    "wrongly",
  ],
  [
    "safetensors: dimensions that overflow",
    rawSafetensors(`{"a":{"dtype":"F32","shape":[${2 ** 40},${2 ** 40}],"data_offsets":[0,16]}}`, data),
    "impossible",
  ],
  [
    "safetensors: a shape unlike its bytes",
    rawSafetensors(`{"a":{"dtype":"F16","shape":[4],"data_offsets":[0,16]}}`, data),
    "needs 8",
  ],
  ["safetensors: overlap", rawSafetensors(`{"a":${f32(0, 12)},"b":${f32(8, 16)}}`, data), "overlap"],
  ["safetensors: a hole", rawSafetensors(`{"a":${f32(0, 4)},"b":${f32(8, 16)}}`, data), "unused bytes"],
  ["safetensors: a hole in front", rawSafetensors(`{"a":${f32(4, 16)}}`, data), "belong to no tensor"],
  [
    "safetensors: bytes after the last tensor",
    rawSafetensors(`{"a":${f32(0, 12)}}`, data),
    "belong to no tensor",
  ],
  [
    "safetensors: metadata that is no text",
    rawSafetensors(`{"__metadata__":{"a":1},"a":${f32(0, 16)}}`, data),
    "metadata",
  ],
  [
    "safetensors: a type we do not read",
    rawSafetensors(`{"a":{"dtype":"F8_E4M3","shape":[16],"data_offsets":[0,16]}}`, data),
    "F8_E4M3",
  ],
  [
    "safetensors: a type named like an inherited property",
    rawSafetensors(`{"a":{"dtype":"toString","shape":[16],"data_offsets":[0,16]}}`, data),
    "toString",
  ],
  [
    "CTranslate2: another version",
    new ByteWriter().u32(5).closedText("Spec").u32(1).u32(0).u32(0).finish(),
    "version 5",
  ],
  [
    "CTranslate2: variables without end",
    new ByteWriter()
      .u32(6)
      .closedText("Spec")
      .u32(1)
      .u32(2 ** 32 - 1)
      .bytes(data)
      .finish(),
    "memory.file",
  ],
  [
    "CTranslate2: dimensions that overflow",
    ctranslate2Variable([2 ** 32 - 1, 2 ** 32 - 1], 0, 64),
    "impossible",
  ],
  ["CTranslate2: a variable beyond the end", ctranslate2Variable([2 ** 20], 0, 2 ** 22), "ends inside"],
  ["CTranslate2: a shape unlike its bytes", ctranslate2Variable([4], 0, 12), "needs 16"],
  [
    "CTranslate2: many dimensions",
    ctranslate2Variable(
      Array.from({ length: 200 }, () => 1),
      0,
      4,
    ),
    "200 dimensions",
  ],
  ["CTranslate2: an unknown type", ctranslate2Variable([4], 9, 16), "type 9"],
  [
    "CTranslate2: a name that is not closed",
    new ByteWriter().u32(6).u16(3).bytes(Buffer.from("abc")).u32(1).u32(0).u32(0).finish(),
    "close",
  ],
  ["CTranslate2: an alias of nothing", writeCtranslate2(tensors, [["c", "nothing"]]), "missing"],
  ["CTranslate2: an alias that hides a variable", writeCtranslate2(tensors, [["a", "b"]]), "twice"],
  ["CTranslate2: a variable twice", writeCtranslate2([...tensors, ...tensors], []), "twice"],
  [
    "CTranslate2: bytes after the end",
    new Uint8Array([...writeCtranslate2(tensors, []), 0]),
    "after its end",
  ],
];

describe("a hostile header", () => {
  it.each(claims)("is refused: %s", async (_, content, problem) => {
    expect(await survive(content)).toBe("refused");
    expect(() => parseCheckpoint(new MemorySource(content))).toThrow(problem);
  });

  it("with a name like an inherited property is an ordinary name", () => {
    const content = rawSafetensors(`{"__proto__":${f32(0, 8)},"constructor":${f32(8, 16)}}`, data);
    const { tensors: found } = parseCheckpoint(new MemorySource(content));
    expect([...found.keys()]).toEqual(["__proto__", "constructor"]);
  });
});
