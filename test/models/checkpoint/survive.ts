import { expect } from "vitest";

import { FileCheckpoint } from "../../../models/checkpoint/file-checkpoint.ts";
import { parseCheckpoint } from "../../../models/checkpoint/open.ts";
import { AntiphonError } from "../../../streaming/index.ts";
import { MemorySource } from "./support.ts";

/**
 * Parses and reads all there is. Whatever the bytes claim, the source fails the test on a read outside them, the only
 * error allowed is ours, and no more may be asked for (and allocated) than a small multiple of the file.
 */
export async function survive(content: Uint8Array): Promise<"read" | "refused"> {
  const source = new MemorySource(content);
  try {
    const checkpoint = new FileCheckpoint(source.path, parseCheckpoint(source), [source]);
    expect(source.requestedBytes).toBeLessThanOrEqual(2 * content.length + 16);
    for (const { name } of checkpoint.tensors.values()) {
      // A 4-bit block widens to less than eight times its bytes.
      expect((await checkpoint.floats(name)).byteLength).toBeLessThanOrEqual(8 * content.length);
    }
    return "read";
  } catch (error) {
    if (!(error instanceof AntiphonError)) throw error;
    expect(["checkpoint-invalid", "checkpoint-unsupported"]).toContain(error.code);
    expect(error.message).toContain("memory.file");
    expect(source.requestedBytes).toBeLessThanOrEqual(2 * content.length + 16);
    return "refused";
  }
}
