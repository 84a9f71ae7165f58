import { Command } from "commander";

import { verifyCompiledModels } from "../../models/onnx/index.ts";
import {
  compiledFolder,
  inspectPack,
  locatePack,
  PACK_NAMES,
  verifyPack,
  type CachedFile,
} from "../../models/packs/index.ts";
import { ensurePackVisibly } from "../progress.ts";
import { teachingCommands } from "./teach.ts";

interface ModelsOptions {
  readonly pack: string;
  readonly json?: boolean;
}

/** `antiphon models list|fetch|verify|path`: what the packs hold, and whether the cache has it; and what the eyes were taught. */
export function modelsCommand(): Command {
  const command = new Command("models").description("list, fetch, verify and find model files");
  command.addCommand(
    subcommand("list", "show the files of a pack and whether the cache has them").action(list),
  );
  command.addCommand(subcommand("fetch", "bring a pack into the cache, verified").action(fetchPack));
  command.addCommand(
    subcommand(
      "verify",
      "hash every file of a pack, and what was compiled, again; exit status 1 if one is wrong",
    ).action(verify),
  );
  command.addCommand(subcommand("path", "print where the files of a pack are").action(path));
  for (const teaching of teachingCommands()) command.addCommand(teaching);
  return command;
}

function subcommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("--pack <name>", `one of: ${PACK_NAMES.join(", ")}`, "embedded")
    .option("--json", "print one JSON object per line");
}

async function list(options: ModelsOptions): Promise<void> {
  for (const cached of await inspectPack(options.pack)) {
    const { file } = cached;
    const size = `${(file.size / 1e6).toFixed(1)} MB`;
    print(options, fileReport(options.pack, cached), [
      cached.state.padEnd(10),
      size.padStart(9),
      file.role.padEnd(28),
      file.name.padEnd(42),
      file.license,
    ]);
  }
}

async function fetchPack(options: ModelsOptions): Promise<void> {
  const stop = new AbortController();
  const onInterrupt = (): void => {
    stop.abort(new Error("interrupted; the next fetch goes on from here"));
  };
  process.once("SIGINT", onInterrupt);
  try {
    const paths = await ensurePackVisibly(options.pack, { signal: stop.signal });
    for (const [role, found] of Object.entries(paths))
      print(options, { pack: options.pack, role, path: found }, [role, found]);
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

async function verify(options: ModelsOptions): Promise<void> {
  for await (const cached of verifyPack(options.pack)) {
    if (cached.state !== "verified") process.exitCode = 1;
    print(options, fileReport(options.pack, cached), [
      cached.state.padEnd(10),
      cached.file.name,
      ...mismatch(cached),
    ]);
  }
  for await (const { key, state } of verifyCompiledModels(compiledFolder())) {
    if (state !== "verified") process.exitCode = 1;
    const removed = state === "corrupt" ? ["removed; the next start compiles it again"] : [];
    print(options, { compiled: key, state }, [state.padEnd(10), key, ...removed]);
  }
}

async function path(options: ModelsOptions): Promise<void> {
  const paths = await locatePack(options.pack);
  for (const [role, found] of Object.entries(paths)) {
    print(options, { pack: options.pack, role, path: found }, [role.padEnd(28), found]);
  }
}

function mismatch({ file, foundSha256 }: CachedFile): string[] {
  return foundSha256 === undefined ? [] : [`expected sha256 ${file.sha256}, found ${foundSha256}`];
}

function fileReport(pack: string, cached: CachedFile): Record<string, unknown> {
  const { role, name, license, size, sha256 } = cached.file;
  const { state, path: found, foundSha256 } = cached;
  return {
    pack,
    role,
    name,
    license,
    size,
    sha256,
    state,
    path: found,
    ...(foundSha256 !== undefined && { foundSha256 }),
  };
}

/** Results go to standard output, one line each; everything else in this program goes to standard error. */
function print({ json }: ModelsOptions, report: Record<string, unknown>, columns: readonly string[]): void {
  process.stdout.write(`${json === true ? JSON.stringify(report) : columns.join("  ")}\n`);
}
