import { ByteCursor } from "./byte-cursor.ts";
import type { ByteSource } from "./byte-source.ts";
import { invalid, unsupported } from "./byte-source.ts";
import type { StorageType } from "./checkpoint.ts";
import type { Layout, StoredTensor } from "./layout.ts";
import { storedTensor } from "./layout.ts";

/** By the number in the file. */
const TYPES: readonly StorageType[] = ["F32", "I8", "I16", "I32", "F16", "BF16"];

const MAXIMUM_RANK = 8;

/**
 * Reads the header of a CTranslate2 `model.bin`, binary version 6 (python/ctranslate2/specs/model_spec.py of
 * OpenNMT/CTranslate2): variables one after the other, then aliases. Integer weights carry their divisors in a variable
 * of the same name with `_scale` appended; `floats` and `floatRows` apply them.
 *
 * Metadata: `spec` (e.g. "WhisperSpec") and `revision`.
 */
export function parseCtranslate2(source: ByteSource): Layout {
  const cursor = new ByteCursor(source);
  const version = cursor.u32("the version");
  if (version !== 6) throw unsupported(source, `has CTranslate2 version ${version}, not 6`);
  const spec = readText(cursor, "the name of the specification");
  const revision = cursor.u32("the revision");
  const variables = readVariables(cursor);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of variables)
    tensors.set(name, withDivisors(source, tensor, variables.get(`${name}_scale`)));
  readAliases(cursor, tensors);
  if (cursor.remaining > 0) throw invalid(source, `has ${cursor.remaining} bytes after its end`);
  return {
    format: "ctranslate2",
    metadata: new Map<string, string | number>([
      ["spec", spec],
      ["revision", revision],
    ]),
    tensors,
  };
}

/** The length counts a closing NUL. */
function readText(cursor: ByteCursor, what: string): string {
  const text = cursor.text(cursor.u16(`the length of ${what}`), what);
  if (text.endsWith("\0")) return text.slice(0, -1);
  throw invalid(cursor.source, `does not close ${what}`);
}

function readVariables(cursor: ByteCursor): Map<string, StoredTensor> {
  const variables = new Map<string, StoredTensor>();
  const count = cursor.u32("the number of variables");
  for (let i = 0; i < count; i++) {
    const tensor = readVariable(cursor);
    const { name } = tensor.info;
    if (variables.has(name)) throw invalid(cursor.source, `has the variable "${name}" twice`);
    variables.set(name, tensor);
  }
  return variables;
}

function readVariable(cursor: ByteCursor): StoredTensor {
  const { source } = cursor;
  const name = readText(cursor, "a variable name");
  const rank = cursor.u8(`the rank of "${name}"`);
  if (rank > MAXIMUM_RANK) throw invalid(source, `gives variable "${name}" ${rank} dimensions`);
  const shape = Array.from({ length: rank }, () => cursor.u32(`the shape of "${name}"`));
  const type = cursor.u8(`the type of "${name}"`);
  const storage = TYPES[type];
  if (storage === undefined) throw unsupported(source, `stores variable "${name}" as type ${type}`);
  const byteLength = cursor.u32(`the size of "${name}"`);
  const tensor = storedTensor(source, { name, shape, storage, offset: cursor.position });
  if (tensor.info.byteLength !== byteLength) {
    throw invalid(
      source,
      `gives variable "${name}" ${byteLength} bytes where its shape needs ${tensor.info.byteLength}`,
    );
  }
  cursor.skip(byteLength, `variable "${name}"`);
  return tensor;
}

function withDivisors(
  source: ByteSource,
  tensor: StoredTensor,
  divisors: StoredTensor | undefined,
): StoredTensor {
  const { name, storage, shape } = tensor.info;
  if (divisors === undefined || (storage !== "I8" && storage !== "I16")) return tensor;
  const count = divisors.info.shape.reduce((product, dimension) => product * dimension, 1);
  if (count === 1 || count === shape[0]) return { ...tensor, divisors };
  throw invalid(source, `has ${count} scales for variable "${name}" of [${shape.join(", ")}]`);
}

function readAliases(cursor: ByteCursor, tensors: Map<string, StoredTensor>): void {
  const count = cursor.u32("the number of aliases");
  for (let i = 0; i < count; i++) {
    const alias = readText(cursor, "an alias");
    const target = readText(cursor, `the target of alias "${alias}"`);
    const tensor = tensors.get(target);
    if (tensor === undefined)
      throw invalid(cursor.source, `lets "${alias}" stand for the missing "${target}"`);
    if (tensors.has(alias)) throw invalid(cursor.source, `has the name "${alias}" twice`);
    tensors.set(alias, { ...tensor, info: { ...tensor.info, name: alias } });
  }
}
