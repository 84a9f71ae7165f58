export type { Checkpoint, MetadataValue, StorageType, TensorInfo } from "./checkpoint.ts";
export { BLOCK_FORMATS, dequantize, isBlockType } from "./gguf-blocks.ts";
export type { BlockType } from "./gguf-blocks.ts";
export { int4Blocks, int8Blocks } from "./gguf-integers.ts";
export type { Int8Blocks } from "./gguf-integers.ts";
export { ggufTokenizer } from "./gguf-tokenizer.ts";
export { openCheckpoint } from "./open.ts";
export { unpermuteRotary } from "./rotary.ts";
