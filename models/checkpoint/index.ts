export type {
  Checkpoint,
  MetadataNumbers,
  MetadataValue,
  PlainType,
  StorageType,
  TensorInfo,
} from "./checkpoint.ts";
export { BLOCK_FORMATS, dequantize, isBlockType } from "./gguf-blocks.ts";
export type { BlockFormat, BlockType } from "./gguf-blocks.ts";
export { int4Blocks, int8Blocks, quantizeInt8 } from "./gguf-integers.ts";
export type { Int4Blocks, Int8Blocks } from "./gguf-integers.ts";
export { openCheckpoint } from "./open.ts";
export { unpermuteRotary } from "./rotary.ts";
export { ggufTokenizer } from "./gguf-tokenizer.ts";
export type { AddedTokenJson, GgufTokenizer, TokenizerConfigJson, TokenizerJson } from "./gguf-tokenizer.ts";
