import { mkdtemp, rename, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { verifyCompiledModels } from "../../../models/onnx/compiled.ts";
import { fileFingerprint } from "../../../models/onnx/fingerprint.ts";
import { admitFile } from "../../../models/packs/cache.ts";
import { lockedFile, sha256 } from "../../support/packs.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "antiphon-fingerprint-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const place = (name: string): string => join(directory, name);
const of = (name: string): Promise<string> => fileFingerprint(place(name), place("graphs"));
const bytes = new Uint8Array(8_000_000).fill(7);

/** Other contents of the same size at the same time: whoever knows it by its old hash has not read it. */
async function swapContents(name: string): Promise<void> {
  const { atime, mtime, size } = await stat(place(name));
  await writeFile(place(name), new Uint8Array(size));
  await utimes(place(name), atime, mtime);
}

test("one other bit anywhere makes another fingerprint, another name does not", async () => {
  await writeFile(place("a"), bytes);
  await writeFile(place("b"), bytes);
  // Between pieces of any sample of the file.
  const changed = bytes.with(100_003, 6);
  await writeFile(place("c"), changed);
  await writeFile(place("empty"), "");
  expect(await of("a")).toBe(sha256(bytes).slice(0, 24));
  expect(await of("b")).toBe(await of("a"));
  expect(await of("c")).toBe(sha256(changed).slice(0, 24));
  expect(await of("empty")).toBe(sha256(Buffer.alloc(0)).slice(0, 24));
});

test("a file of a pack is known by the hash that it was fetched with, and is not read again", async () => {
  const file = lockedFile(Buffer.from(bytes), []);
  await writeFile(place("draft"), bytes);
  const time = new Date(1_700_000_000_000);
  await utimes(place("draft"), time, time);
  await admitFile(place("draft"), place("weights.bin"), file);
  await swapContents("weights.bin");
  expect(await of("weights.bin")).toBe(file.sha256.slice(0, 24));
});

test("a file of no pack is read once, and again when it has changed", async () => {
  await writeFile(place("own.safetensors"), bytes);
  const time = new Date(1_700_000_000_000);
  await utimes(place("own.safetensors"), time, time);
  const first = await of("own.safetensors");
  await swapContents("own.safetensors");
  expect(await of("own.safetensors")).toBe(first);
  await truncate(place("own.safetensors"), 1_000);
  expect(await of("own.safetensors")).toBe(sha256(Buffer.alloc(1_000)).slice(0, 24));
});

test("a file that took the place of another is not taken for it", async () => {
  await writeFile(place("own.safetensors"), bytes);
  const first = await of("own.safetensors");
  await writeFile(place("other"), bytes.with(0, 1));
  await rename(place("other"), place("own.safetensors"));
  expect(await of("own.safetensors")).not.toBe(first);
});

test("what is remembered is not taken for a damaged network", async () => {
  await writeFile(place("a"), bytes);
  const known = await of("a");
  expect(await verifyCompiledModels(place("graphs")).next()).toEqual({ done: true, value: undefined });
  expect(await of("a")).toBe(known);
});

test("where nothing can be written, a file is hashed all the same", async () => {
  await writeFile(place("a"), bytes);
  await writeFile(place("graphs"), "a file, no folder");
  expect(await of("a")).toBe(sha256(bytes).slice(0, 24));
});
