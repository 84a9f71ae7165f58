import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";

import { z } from "zod";

import { AntiphonError } from "../../streaming/index.ts";

import type { ByteSource } from "./byte-source.ts";
import { FileSource, invalid, unsupported } from "./byte-source.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { parseCtranslate2 } from "./ctranslate2.ts";
import { FileCheckpoint } from "./file-checkpoint.ts";
import { GGUF_MAGIC, parseGguf } from "./gguf.ts";
import type { Layout, StoredTensor } from "./layout.ts";
import { parseSafetensors } from "./safetensors.ts";

const SINGLE_FILE = "model.safetensors";
const SHARD_INDEX = "model.safetensors.index.json";

/**
 * Opens a checkpoint and reads its header; the format is told from the first bytes, not from the name. A folder is
 * opened by its `model.safetensors` or the shards that its `model.safetensors.index.json` lists.
 *
 * Throws `model-missing`, `checkpoint-invalid` or `checkpoint-unsupported`, each naming the file.
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const isFolder = await stat(path).then(
    (status) => status.isDirectory(),
    (cause: unknown) => {
      throw new AntiphonError("model-missing", `${path} cannot be opened: ${String(cause)}`, { cause });
    },
  );
  const index = isFolder ? await readShardIndex(path) : undefined;
  return index === undefined
    ? await openFile(isFolder ? join(path, SINGLE_FILE) : path)
    : await openShards(path, index);
}

/** Reads the header of whatever format the bytes are. */
export function parseCheckpoint(source: ByteSource): Layout {
  const start = new Uint8Array(Math.min(source.size, 9));
  source.readIntoSync(0, start);
  const number = start.length < 4 ? 0 : new DataView(start.buffer).getUint32(0, true);
  if (number === GGUF_MAGIC) return parseGguf(source);
  if (start[8] === 0x7b) return parseSafetensors(source); // "{" after a 64-bit length
  if (number >= 1 && number <= 16) return parseCtranslate2(source);
  throw unsupported(source, "is neither safetensors, GGUF nor CTranslate2");
}

async function openFile(path: string): Promise<Checkpoint> {
  const source = await FileSource.open(path);
  try {
    return new FileCheckpoint(path, parseCheckpoint(source), [source]);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Tensor name → file name, or `undefined` where the folder has no index. */
async function readShardIndex(folder: string): Promise<ReadonlyMap<string, string> | undefined> {
  const path = join(folder, SHARD_INDEX);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (cause) {
    throw invalid({ path }, `is no JSON: ${String(cause)}`);
  }
  // A shard lies beside its index: no path may lead elsewhere.
  const fileName = z
    .string()
    .refine((name) => name === basename(name) && name !== "..", "is no plain file name");
  const parsed = z.object({ weight_map: z.record(z.string(), fileName) }).safeParse(index);
  if (!parsed.success) throw invalid({ path }, `is no shard index: ${z.prettifyError(parsed.error)}`);
  return new Map(Object.entries(parsed.data.weight_map));
}

async function openShards(folder: string, index: ReadonlyMap<string, string>): Promise<Checkpoint> {
  const sources: FileSource[] = [];
  try {
    const layouts = new Map<string, Layout>();
    for (const file of new Set(index.values())) {
      const source = await FileSource.open(join(folder, file));
      sources.push(source);
      layouts.set(file, parseSafetensors(source));
    }
    return new FileCheckpoint(folder, joinShards(folder, index, layouts), sources);
  } catch (error) {
    await Promise.all(
      sources.map(async (source) => {
        await source.close();
      }),
    );
    throw error;
  }
}

function joinShards(
  folder: string,
  index: ReadonlyMap<string, string>,
  layouts: ReadonlyMap<string, Layout>,
): Layout {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, file] of index) {
    const tensor = layouts.get(file)?.tensors.get(name);
    if (tensor === undefined)
      throw invalid({ path: join(folder, SHARD_INDEX) }, `misses tensor "${name}" in ${file}`);
    tensors.set(name, tensor);
  }
  const metadata = new Map(Array.from(layouts.values(), (layout) => [...layout.metadata]).flat());
  return { format: "safetensors", metadata, tensors };
}
