import { Command } from "commander";

import { verifyCompiledModels } from "../../models/onnx/index.ts";
import {
  compiledFolder,
  ensurePack,
  inspectPack,
  locatePack,
  PACK_NAMES,
  verifyPack,
  type CachedFile,
} from "../../models/packs/index.ts";
import { type CommandContext, printResult } from "./context.ts";
import { teachingCommands } from "./teach.ts";

interface ModelsOptions {
  readonly pack: string;
  readonly json?: boolean;
}

/** `antiphon models list|fetch|verify|path`: what the packs hold, and whether the cache has it; and what the eyes were taught. */
export function modelsCommand(context: CommandContext): Command {
  const command = new Command("models").description("list, fetch, verify and find model files");
  const add = (
    name: string,
    description: string,
    work: (options: ModelsOptions, context: CommandContext) => Promise<void>,
  ): void => {
    const subcommand = new Command(name)
      .description(description)
      .option("--pack <name>", `one of: ${PACK_NAMES.join(", ")}`, "embedded")
      .option("--json", "print one JSON object per line");
    command.addCommand(
      subcommand.action(async (options: ModelsOptions) => {
        await work(options, context);
      }),
    );
  };
  add("list", "show the files of a pack and whether the cache has them", list);
  add("fetch", "bring a pack into the cache, verified", fetchPack);
  add(
    "verify",
    "hash every file of a pack, and what was compiled, again; exit status 1 if one is wrong",
    verify,
  );
  add("path", "print where the files of a pack are", path);
  for (const teaching of teachingCommands(context)) command.addCommand(teaching);
  return command;
}

async function list(options: ModelsOptions, context: CommandContext): Promise<void> {
  for (const cached of await inspectPack(options.pack)) {
    const { file } = cached;
    const size = `${(file.size / 1e6).toFixed(1)} MB`;
    print(context, options, fileReport(options.pack, cached), [
      cached.state.padEnd(10),
      size.padStart(9),
      file.role.padEnd(28),
      file.name.padEnd(42),
      file.license,
    ]);
  }
}

async function fetchPack(options: ModelsOptions, context: CommandContext): Promise<void> {
  const { signal, onProgress } = context;
  const paths = await ensurePack(options.pack, { signal, onProgress });
  for (const [role, found] of Object.entries(paths))
    print(context, options, { pack: options.pack, role, path: found }, [role, found]);
}

async function verify(options: ModelsOptions, context: CommandContext): Promise<void> {
  const { signal } = context;
  for await (const cached of verifyPack(options.pack, { signal })) {
    if (cached.state !== "verified") process.exitCode = 1;
    print(context, options, fileReport(options.pack, cached), [
      cached.state.padEnd(10),
      cached.file.name,
      ...mismatch(cached),
    ]);
  }
  // Not told to stop within a model: one that is hashed by half would be taken for damaged.
  signal.throwIfAborted();
  for await (const { key, state } of verifyCompiledModels(compiledFolder())) {
    if (state !== "verified") process.exitCode = 1;
    const removed = state === "corrupt" ? ["removed; the next start compiles it again"] : [];
    print(context, options, { compiled: key, state }, [state.padEnd(10), key, ...removed]);
    signal.throwIfAborted();
  }
}

async function path(options: ModelsOptions, context: CommandContext): Promise<void> {
  const paths = await locatePack(options.pack, { signal: context.signal });
  for (const [role, found] of Object.entries(paths)) {
    print(context, options, { pack: options.pack, role, path: found }, [role.padEnd(28), found]);
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

/** One line each. */
function print(
  context: CommandContext,
  options: ModelsOptions,
  report: Record<string, unknown>,
  columns: readonly string[],
): void {
  printResult(context, options, report, [columns.join("  ")]);
}
