export { compiledModel, verifyCompiledModels } from "./compiled.ts";
export { fileFingerprint } from "./fingerprint.ts";
export { cutGraph, readGraph } from "./cut.ts";
export { bytesOf, GraphBuilder, NONE } from "./graph-builder.ts";
export type { Value } from "./graph-builder.ts";
export { serializeModel, writeModel } from "./write-model.ts";
export type { ModelProto, NodeProto } from "./schema.ts";
export { quantizeInt4, quantizeInt8 } from "./quantize.ts";
