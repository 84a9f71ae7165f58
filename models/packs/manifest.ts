import { readFileSync } from "node:fs";

import { z } from "zod";

import { AntiphonError } from "../../streaming/index.ts";

/** What a file is for. A pack has exactly one file for each role. */
export const FILE_ROLES = [
  "language-model",
  "speech-recognition",
  "speech-recognition-tokenizer",
  "speech-recognition-config",
  "voice",
  "voice-config",
  "voice-activity",
  "end-of-turn",
  "face-detection",
  "text-detection",
  "text-recognition",
  "text-alphabet",
] as const;

/**
 * Files that a language model has beside its weights, where it is not GGUF; most packs have none of them. The last one
 * holds the template of a model that knows text only.
 */
export const OPTIONAL_ROLES = [
  "language-model-config",
  "language-model-tokenizer",
  "language-model-tokenizer-config",
] as const;

/** The packs that this version knows. */
export const PACK_NAMES = ["embedded", "lite", "smolvlm-256m"] as const;

export type RequiredRole = (typeof FILE_ROLES)[number];
export type OptionalRole = (typeof OPTIONAL_ROLES)[number];
export type FileRole = RequiredRole | OptionalRole;
export type PackName = (typeof PACK_NAMES)[number];

const plainName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a plain file name");
const relativePath = z.string().refine(isSafePath, "must be a relative path that stays inside its folder");
const packageName = z
  .string()
  .regex(/^(@[a-z0-9][a-z0-9._-]*\/)?[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a package name");
const packageVersion = z.string().regex(/^[0-9][A-Za-z0-9.+-]*$/, "must be an exact version");
const byteCount = z.int().positive();

const packageShape = { package: packageName, version: packageVersion, member: relativePath };
// An exact version is one archive, but the clients do not tell how long it is while it comes.
const sourceShape = { ...packageShape, archiveSize: byteCount.optional() };
const pythonPackage = z.strictObject({ type: z.literal("python-package"), ...sourceShape }).readonly();
const npmPackage = z.strictObject({ type: z.literal("npm-package"), ...sourceShape }).readonly();
const packagePart = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("python-package"), ...packageShape, size: byteCount }),
    z.strictObject({ type: z.literal("npm-package"), ...packageShape, size: byteCount }),
  ])
  .readonly();

const fileSource = z.union([
  z.strictObject({ type: z.literal("directory") }).readonly(),
  z
    .strictObject({
      type: z.literal("hub"),
      repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, "must be owner/name"),
      revision: plainName,
      path: relativePath,
    })
    .readonly(),
  z.strictObject({ type: z.literal("url"), url: z.url({ protocol: /^https?$/ }) }).readonly(),
  pythonPackage,
  npmPackage,
  z
    .strictObject({ type: z.literal("concatenation"), parts: z.array(packagePart).min(2).readonly() })
    .readonly(),
]);

const packFile = z
  .strictObject({
    role: z.enum([...FILE_ROLES, ...OPTIONAL_ROLES]),
    name: plainName,
    license: z.string().min(1),
    size: byteCount,
    sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits"),
    sources: z.array(fileSource).min(1).readonly(),
  })
  .readonly()
  .refine(
    ({ size, sources }) =>
      sources.every(
        (source) =>
          source.type !== "concatenation" || size === source.parts.reduce((sum, part) => sum + part.size, 0),
      ),
    "the sizes of the parts must add up to the size of the file",
  );

const packLock = z
  .strictObject({
    name: plainName,
    summary: z.string().min(1),
    extends: z.enum(PACK_NAMES).optional(),
    files: z.array(packFile).readonly(),
  })
  .readonly();

/** One place a file may come from; see docs/models.md for what each does. */
export type FileSource = z.infer<typeof fileSource>;
/** A file inside a package of the Python or npm index, which serves as a container only. */
export type PackageSource = z.infer<typeof pythonPackage> | z.infer<typeof npmPackage>;
export type PackagePart = z.infer<typeof packagePart>;
/** One locked file: sizes in bytes, sources in the order in which they are tried. */
export type PackFile = z.infer<typeof packFile>;

/** A lock file with what it extends already joined in: one file per role, in the order of `FILE_ROLES`, then of `OPTIONAL_ROLES`. */
export interface Pack {
  readonly name: string;
  readonly summary: string;
  readonly files: readonly PackFile[];
}

/**
 * Loads the lock file of a pack that lies beside this module.
 *
 * @throws AntiphonError `pack-unknown` for any other name.
 */
export function loadPack(name: string): Pack {
  const known = PACK_NAMES.find((candidate) => candidate === name);
  if (known === undefined) {
    throw new AntiphonError(
      "pack-unknown",
      `there is no pack "${name}"; choose one of: ${PACK_NAMES.join(", ")}`,
    );
  }
  return parsePack(readLock(known), readLock);
}

/**
 * Checks a lock file and joins it with the one it extends: a role that it names itself wins.
 *
 * @throws AntiphonError `config-invalid` naming each field that is wrong, or the roles that have no file or two.
 */
export function parsePack(lock: unknown, readBase: (name: PackName) => unknown): Pack {
  const parsed = packLock.safeParse(lock);
  if (!parsed.success) {
    throw new AntiphonError(
      "config-invalid",
      `the pack's lock file is wrong:\n${z.prettifyError(parsed.error)}`,
    );
  }
  const { name, summary, files } = parsed.data;
  const base =
    parsed.data.extends === undefined ? [] : parsePack(readBase(parsed.data.extends), readBase).files;
  const own = new Set(files.map((file) => file.role));
  const joined = [...files, ...base.filter((file) => !own.has(file.role))];
  const optional = OPTIONAL_ROLES.filter((role) => joined.some((file) => file.role === role));
  const inOrder = [...FILE_ROLES, ...optional].map((role) => onlyFile(name, role, joined));
  return Object.freeze({ name, summary, files: Object.freeze(inOrder) });
}

/** Whether a path from a lock file or an archive is relative and never climbs out of the folder it starts in. */
export function isSafePath(path: string): boolean {
  if (path === "" || path.startsWith("/") || path.includes("\\") || path.includes("\0")) return false;
  return !/^[A-Za-z]:/.test(path) && !path.split("/").includes("..");
}

function onlyFile(packName: string, role: FileRole, files: readonly PackFile[]): PackFile {
  const [file, ...others] = files.filter((candidate) => candidate.role === role);
  if (file === undefined || others.length > 0) {
    const count = file === undefined ? "no file" : "more than one file";
    throw new AntiphonError("config-invalid", `pack "${packName}" has ${count} for the role ${role}`);
  }
  return file;
}

function readLock(name: PackName): unknown {
  return JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), "utf8"));
}
