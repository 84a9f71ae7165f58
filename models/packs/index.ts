import { AntiphonError } from "../../streaming/index.ts";
import { cachePath, fileState, partialPath, proveFile, sizeOnDisk, wrongHash } from "./cache.ts";
import { Downloader } from "./download.ts";
import { readPackEnvironment, type PackEnvironment } from "./environment.ts";
import { fetchFile, makeCacheFolder, missingBytes, requireSpace, type FetchContext } from "./fetch-file.ts";
import {
  loadPack,
  type FileRole,
  type OptionalRole,
  type Pack,
  type PackFile,
  type RequiredRole,
} from "./manifest.ts";
import { PackageStore } from "./package-store.ts";
import type { ProgressListener } from "./progress.ts";
import { freeBytes } from "./system.ts";

export { compiledFolder, readPackEnvironment, taughtFile, type PackEnvironment } from "./environment.ts";
export { loadPack, OPTIONAL_ROLES, type Pack, PACK_NAMES, type FileRole } from "./manifest.ts";
export type { PackProgress, ProgressListener } from "./progress.ts";

/** Absolute path of the file for each role; only those that were asked for are sure to be there. */
export type PackPaths = Readonly<Record<RequiredRole, string> & Partial<Record<OptionalRole, string>>>;

export interface PackOptions {
  /** Where the cache and other sources are. @default what the environment variables say */
  readonly environment?: PackEnvironment;
  /** Which of the files are needed. @default all of them */
  readonly roles?: readonly FileRole[];
  /** Aborting keeps partial files, which the next call goes on with. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

/** A file of a pack as the cache has it. `corrupt` is found by hashing only. */
export interface CachedFile {
  readonly file: PackFile;
  readonly path: string;
  readonly state: "verified" | "unverified" | "partial" | "missing" | "corrupt";
  /** The hash that a corrupt file has. */
  readonly foundSha256?: string;
}

const NEVER = new AbortController().signal;

/**
 * Brings the files of a pack into the cache, verified, and returns where they are. Quick when all are there. Safe with
 * several processes at once: one fetches a file, the others wait for it.
 *
 * @throws AntiphonError `pack-unknown`, `source-unavailable`, `model-corrupt`, `disk-full` or `config-invalid`, each
 * saying what to do; `signal.reason` when aborted.
 */
export async function ensurePack(name: string, options: PackOptions = {}): Promise<PackPaths> {
  const pack = loadPack(name);
  const environment = options.environment ?? readPackEnvironment();
  const onProgress = options.onProgress ?? (() => undefined);
  const files = await inspectPack(name, { ...options, environment });
  const missing = files.filter(({ state }) => state !== "verified");
  if (missing.length === 0) return pathsOf(pack, environment);

  await makeCacheFolder(environment.home);
  const signal = options.signal ?? NEVER;
  const packages = new PackageStore(environment.home, signal);
  const context = { environment, packages, signal, onProgress, freeBytes, downloader: new Downloader() };
  try {
    await announce(pack, missing, context);
    for (const { file } of missing) await fetchFile(file, context);
  } finally {
    await packages.close();
  }
  return pathsOf(pack, environment);
}

/**
 * Finds the files of a pack without fetching any. A file that changed since its hash was last right is hashed again.
 *
 * @throws AntiphonError `model-missing` or `model-corrupt`, naming the file and the command that mends it.
 */
export async function locatePack(name: string, options: PackOptions = {}): Promise<PackPaths> {
  const pack = loadPack(name);
  const environment = options.environment ?? readPackEnvironment();
  const mend = `Run: npm run -s antiphon -- models fetch --pack ${pack.name}`;
  for (const cached of await inspectPack(name, { ...options, environment })) {
    const { file, path, state } = cached;
    if (state === "verified") continue;
    if (state !== "unverified") {
      throw new AntiphonError(
        "model-missing",
        `${file.name} of pack ${pack.name} is not in ${environment.home}. ${mend}`,
      );
    }
    const found = await proveFile(path, file, options.signal ?? NEVER);
    if (found !== file.sha256) throw wrongHash(file, found, mend);
  }
  return pathsOf(pack, environment);
}

/** Says what the cache has of a pack without reading contents: quick, and trusting the mark of an earlier verification. */
export async function inspectPack(name: string, options: PackOptions = {}): Promise<readonly CachedFile[]> {
  const environment = options.environment ?? readPackEnvironment();
  const { files } = loadPack(name);
  const needed = files.filter(({ role }) => options.roles?.includes(role) ?? true);
  return await Promise.all(needed.map(async (file) => await cachedFile(file, environment)));
}

/** Hashes every file of a pack in turn, whatever was remembered about it. A wrong one is reported, not removed. */
export async function* verifyPack(
  name: string,
  options: PackOptions = {},
): AsyncGenerator<CachedFile, void, void> {
  for (const cached of await inspectPack(name, options)) {
    if (cached.state !== "verified" && cached.state !== "unverified") {
      yield cached;
      continue;
    }
    const found = await proveFile(cached.path, cached.file, options.signal ?? NEVER);
    if (found === cached.file.sha256) yield { ...cached, state: "verified" };
    else yield { ...cached, state: "corrupt", foundSha256: found };
  }
}

async function announce(pack: Pack, missing: readonly CachedFile[], context: FetchContext): Promise<void> {
  let bytes = 0;
  for (const { file } of missing) bytes += await missingBytes(file, context.environment.home);
  // Better to know now than after a gigabyte.
  await requireSpace(bytes, context);
  context.onProgress({
    type: "pack-start",
    pack: pack.name,
    missingFiles: missing.length,
    missingBytes: bytes,
  });
}

async function cachedFile(file: PackFile, environment: PackEnvironment): Promise<CachedFile> {
  const path = cachePath(environment.home, file);
  const state = await fileState(path, file);
  if (state === "trusted") return { file, path, state: "verified" };
  if (state === "unproven") return { file, path, state: "unverified" };
  return { file, path, state: (await sizeOnDisk(partialPath(path))) > 0 ? "partial" : "missing" };
}

function pathsOf({ files }: Pack, { home }: PackEnvironment): PackPaths {
  return Object.freeze(
    Object.fromEntries(files.map((file) => [file.role, cachePath(home, file)])) as PackPaths,
  );
}
