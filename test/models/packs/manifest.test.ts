import { readFileSync } from "node:fs";

import fc from "fast-check";
import { expect, test } from "vitest";

import {
  FILE_ROLES,
  isSafePath,
  loadPack,
  OPTIONAL_ROLES,
  PACK_NAMES,
  parsePack,
} from "../../../models/packs/manifest.ts";

const source = {
  type: "python-package",
  package: "some-weights",
  version: "1.0.0",
  member: "some/weights.bin",
};
const file = {
  role: "voice",
  name: "voice.onnx",
  license: "MIT",
  size: 10,
  sha256: "0".repeat(64),
  sources: [source],
};
const complete = {
  name: "whole",
  summary: "All roles.",
  files: FILE_ROLES.map((role) => ({ ...file, role })),
};
const noBase = (): unknown => expect.fail("no base was named");

test.each(["embedded", "lite"])(
  "pack %s has one file for every role, each with a package source for closed networks",
  (name) => {
    const { files } = loadPack(name);
    expect(files.map(({ role }) => role)).toEqual([...FILE_ROLES]);
    for (const { sources } of files) {
      expect(sources.some(({ type }) => /package|concatenation/.test(type))).toBe(true);
      // A model that was published on npm is at home there; a Python package is a copy.
      expect(sources.some(({ type }) => ["hub", "url", "npm-package"].includes(type))).toBe(true);
    }
  },
);

test("the pack that sees for itself has the lite pack's files, and a language model of three from the Hub", () => {
  const [seeing, lite] = [loadPack("smolvlm-256m").files, loadPack("lite").files];
  const own = seeing.filter(({ sha256 }) => lite.every((each) => each.sha256 !== sha256));
  expect(own.map(({ role }) => role)).toEqual(["language-model", ...OPTIONAL_ROLES.slice(0, 2)]);
  for (const { sources } of own) expect(sources.map(({ type }) => type)).toEqual(["directory", "hub"]);
  expect(seeing).toHaveLength(lite.length + 2);
});

test("the packs differ in the language model only", () => {
  const [embedded, lite] = [loadPack("embedded").files, loadPack("lite").files];
  const different = embedded.filter((each, index) => each.sha256 !== lite[index]?.sha256);
  expect(different.map(({ role }) => role)).toEqual(["language-model"]);
});

test("an unknown pack is named together with those that exist", () => {
  expect(() => loadPack("../lite")).toThrow(
    'there is no pack "../lite"; choose one of: embedded, lite, smolvlm-256m',
  );
});

test("a parsed pack cannot be changed by whoever holds it", () => {
  const { files } = parsePack(complete, noBase);
  expect(Object.isFrozen(files) && Object.isFrozen(files[0]) && Object.isFrozen(files[0]?.sources)).toBe(
    true,
  );
});

test("a pack's own file replaces the one of the pack it extends", () => {
  const own = { name: "own", summary: "x", extends: "lite", files: [{ ...file, license: "BSD-2-Clause" }] };
  const { files } = parsePack(own, () => complete);
  expect(files.map(({ license }) => license).filter((license) => license !== "MIT")).toEqual([
    "BSD-2-Clause",
  ]);
  expect(files).toHaveLength(FILE_ROLES.length);
});

test("a role without a file, or with two, is an error that names it", () => {
  const without = { ...complete, files: complete.files.slice(1) };
  expect(() => parsePack(without, noBase)).toThrow(`no file for the role ${FILE_ROLES[0]}`);
  const twice = { ...complete, files: [...complete.files, file] };
  expect(() => parsePack(twice, noBase)).toThrow("more than one file for the role voice");
});

test.each([
  ["a member that climbs out", { sources: [{ ...source, member: "../../etc/passwd" }] }],
  ["an absolute member", { sources: [{ ...source, member: "/etc/passwd" }] }],
  ["a name with a folder in it", { name: "a/b.onnx" }],
  ["a package that reads as an option", { sources: [{ ...source, package: "--index-url=x" }] }],
  ["a version that is not exact", { sources: [{ ...source, version: ">=1" }] }],
  ["a hash that is none", { sha256: "abc" }],
  ["an empty list of sources", { sources: [] }],
  ["a source of another kind", { sources: [{ type: "script", run: "x" }] }],
  ["an address that is not http", { sources: [{ type: "url", url: "file:///etc/passwd" }] }],
  [
    "parts that do not add up",
    { sources: [{ type: "concatenation", parts: [5, 6].map((size) => ({ ...source, size })) }] },
  ],
])("%s is refused", (_, wrong) => {
  const files = complete.files.map((each) => (each.role === "voice" ? { ...each, ...wrong } : each));
  expect(() => parsePack({ ...complete, files }, noBase)).toThrow("the pack's lock file is wrong");
});

test("anything at all as a lock file is a typed error", () => {
  fc.assert(
    fc.property(fc.anything(), (lock) => {
      expect(() => parsePack(lock, noBase)).toThrow(
        expect.objectContaining({ code: "config-invalid" }) as Error,
      );
    }),
  );
});

test("a safe path never resolves outside of its folder", () => {
  const segment = fc.constantFrom("..", ".", "a", "b.bin", "", "C:", "\\", "/");
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
      const path = segments.join("/");
      fc.pre(isSafePath(path));
      expect(new URL(path, "file:///home/cache/").pathname.startsWith("/home/cache/")).toBe(true);
    }),
  );
});

test("every file of the packs is named in NOTICE, and one with terms of its own points there", () => {
  const notice = readFileSync(new URL("../../../NOTICE", import.meta.url), "utf8");
  const files = PACK_NAMES.flatMap((name) => loadPack(name).files);
  for (const { name, license } of files) {
    expect(notice).toContain(name);
    if (!["MIT", "Apache-2.0", "BSD-2-Clause"].includes(license)) expect(license).toContain("see NOTICE");
  }
  // Its recordings are free, but it was fine-tuned from a voice whose recordings were given for research.
  const voices = files.filter(({ role }) => role === "voice" || role === "voice-config");
  for (const { license } of voices) expect(license).toContain("for research only");
});
