import { z } from "zod";

import { ByteCursor } from "./byte-cursor.ts";
import type { ByteSource } from "./byte-source.ts";
import { invalid, unsupported } from "./byte-source.ts";
import type { PlainType } from "./checkpoint.ts";
import { PLAIN_BYTES } from "./checkpoint.ts";
import type { Layout, StoredTensor } from "./layout.ts";
import { checkOverlaps, storedTensor } from "./layout.ts";

/** The limit of the reference implementation. */
const MAXIMUM_HEADER_BYTES = 100_000_000;

const tensorHeader = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

/**
 * Reads the header of a safetensors file by the rules of the reference (huggingface/safetensors): JSON object of at most
 * 100 MB, tensors that cover the rest of the file without overlap or hole.
 */
export function parseSafetensors(source: ByteSource): Layout {
  const cursor = new ByteCursor(source);
  const headerBytes = cursor.size("the length of its header");
  if (headerBytes > MAXIMUM_HEADER_BYTES) throw invalid(source, `claims a header of ${headerBytes} bytes`);
  const { __metadata__: userMetadata, ...entries } = parseHeader(
    source,
    cursor.bytes(headerBytes, "its header"),
  );

  const metadata = z.record(z.string(), z.string()).safeParse(userMetadata ?? {});
  if (!metadata.success) throw invalid(source, "has metadata other than strings");
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(entries)) tensors.set(name, readTensor(cursor, name, entry));
  checkCoverage(cursor, tensors);
  return { format: "safetensors", metadata: new Map(Object.entries(metadata.data)), tensors };
}

function parseHeader(source: ByteSource, bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw invalid(source, `has an unreadable header: ${String(cause)}`);
  }
  if (typeof header === "object" && header !== null && !Array.isArray(header)) return { ...header };
  throw invalid(source, "has a header that is no object");
}

function readTensor({ source, position }: ByteCursor, name: string, entry: unknown): StoredTensor {
  const header = tensorHeader.safeParse(entry);
  if (!header.success)
    throw invalid(source, `describes tensor "${name}" wrongly: ${z.prettifyError(header.error)}`);
  const {
    dtype,
    shape,
    data_offsets: [start, end],
  } = header.data;
  if (!isPlainType(dtype)) throw unsupported(source, `stores tensor "${name}" as ${dtype}`);
  const tensor = storedTensor(source, { name, shape, storage: dtype, offset: position + start });
  if (tensor.info.byteLength === end - start) return tensor;
  throw invalid(
    source,
    `gives tensor "${name}" ${end - start} bytes where its shape needs ${tensor.info.byteLength}`,
  );
}

function isPlainType(name: string): name is PlainType {
  return Object.hasOwn(PLAIN_BYTES, name);
}

function checkCoverage({ source, position }: ByteCursor, tensors: ReadonlyMap<string, StoredTensor>): void {
  checkOverlaps(source, tensors.values(), true);
  let first = source.size;
  let end = position;
  for (const { info, offset } of tensors.values()) {
    first = Math.min(first, offset);
    end = Math.max(end, offset + info.byteLength);
  }
  if (first > position || end < source.size) throw invalid(source, "has bytes that belong to no tensor");
}
