import { createServer } from "node:net";
import { availableParallelism, totalmem } from "node:os";

import { Command } from "commander";

import { openOpusEncoder } from "../../audio/opus.ts";
import { inspectPack } from "../../models/packs/index.ts";
import { toAntiphonError } from "../../streaming/index.ts";
import type { Config } from "../config.ts";
import { listeningProblem } from "../listening-failure.ts";
import { ALL_MODELS, neededFiles } from "../model-files.ts";
import {
  type CommandContext,
  type CommonOptions,
  configOf,
  printResult,
  withCommonOptions,
} from "./context.ts";
import { checkSound, type Finding } from "./doctor-sound.ts";

const OLDEST_NODE = [20, 19] as const;
/** Of the longest name of a check. */
const CHECK_WIDTH = 11;
const ENOUGH_MEMORY_BYTES = 4e9;

/** `antiphon doctor`: whether this machine can run Antiphon; exit status 1 where it cannot. */
export function doctorCommand(context: CommandContext): Command {
  const command = new Command("doctor").description("check this machine and say how to mend what is wrong");
  return withCommonOptions(command).action(async (options: CommonOptions) => {
    const config = configOf(options);
    const findings = [
      checkNode(process.versions.node),
      checkCores(availableParallelism()),
      checkMemory(totalmem()),
      await checkModels(config),
      await checkOpus(),
      await checkSound("record", context),
      await checkSound("play", context),
      await checkPort(config),
    ];
    for (const finding of findings) printResult(context, options, finding, describe(finding));
    if (findings.some(({ state }) => state === "failure")) process.exitCode = 1;
  });
}

function describe({ check, state, detail, mend }: Finding): string[] {
  const line = `${state.padEnd(8)} ${check.padEnd(CHECK_WIDTH)} ${detail}`;
  return mend === undefined ? [line] : [line, `${" ".repeat(10 + CHECK_WIDTH)}${mend}`];
}

/** @param version - as in `process.versions.node`. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [needsMajor, needsMinor] = OLDEST_NODE;
  const ok = major > needsMajor || (major === needsMajor && minor >= needsMinor);
  const detail = `Node ${version}`;
  if (ok) return { check: "node", state: "ok", detail };
  return { check: "node", state: "failure", detail, mend: `install Node ${OLDEST_NODE.join(".")} or newer` };
}

function checkCores(cores: number): Finding {
  const detail = `${cores} CPU cores`;
  if (cores >= 2) return { check: "cores", state: "ok", detail };
  return {
    check: "cores",
    state: "warning",
    detail,
    mend: "answers will be slow; --pack lite needs the least",
  };
}

function checkMemory(bytes: number): Finding {
  const detail = `${(bytes / 1e9).toFixed(1)} GB of memory`;
  if (bytes >= ENOUGH_MEMORY_BYTES) return { check: "memory", state: "ok", detail };
  return { check: "memory", state: "warning", detail, mend: "use --pack lite, which needs about 1 GB" };
}

async function checkModels(config: Config): Promise<Finding> {
  const { pack } = config;
  const files = await inspectPack(pack, { roles: neededFiles(config, ALL_MODELS) });
  const wrong = files.filter(({ state }) => state !== "verified");
  if (wrong.length === 0) {
    return {
      check: "models",
      state: "ok",
      detail: `all ${files.length} files needed of pack ${pack} are verified`,
    };
  }
  const detail = wrong.map(({ file, state }) => `${file.name} is ${state}`).join(", ");
  const mend = `npm run -s antiphon -- models fetch --pack ${pack}`;
  return { check: "models", state: "failure", detail: `pack ${pack}: ${detail}`, mend };
}

async function checkOpus(): Promise<Finding> {
  try {
    await openOpusEncoder(48_000, 20);
    return { check: "opus", state: "ok", detail: "the Opus codec is there" };
  } catch (error) {
    const mend = "npm rebuild @discordjs/opus (needs a C++ compiler, make and python3); PCM works without it";
    return { check: "opus", state: "warning", detail: toAntiphonError(error).message, mend };
  }
}

async function checkPort({ host, port }: Config): Promise<Finding> {
  const problem = await new Promise<Error | undefined>((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen(port, host, () => {
      server.close(() => {
        resolve(undefined);
      });
    });
  });
  const address = `port ${port} of ${host}`;
  if (problem === undefined) return { check: "port", state: "ok", detail: `${address} is free` };
  const settings = { host: "serve --host", port: "serve --port" };
  const { what, mend } = listeningProblem(problem, { host, port }, settings) ?? {
    what: `${address}: ${problem.message}`,
    mend: "choose another with serve --host and --port",
  };
  return { check: "port", state: "failure", detail: what, mend };
}
