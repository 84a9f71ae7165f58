import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { projectFile } from "../src/project.ts";
import type { BenchOptions, Findings } from "./bench.ts";
import { LIMITS } from "./limits.ts";
import { runProgram } from "./programs.ts";
import { single } from "./report.ts";

/** What `npm start` says when a stage is over or begins, in order. */
const MILESTONES = [
  { name: "dependencies installed", pattern: /compiling/u },
  { name: "compiled, models being fetched", pattern: /fetching \d+ files/u },
  { name: "models loaded", pattern: /^models of pack/u },
  { name: "first answer", pattern: /^answered/u },
] as const;

/**
 * `npm start` on a fresh clone of what is committed, with an empty cache of models, npm and pip, up to the first answer
 * to a spoken question.
 */
export async function measureFreshClone({ pack, signal, note }: BenchOptions): Promise<Findings> {
  const folder = await mkdtemp(join(tmpdir(), "antiphon-fresh-"));
  try {
    const clone = join(folder, "clone");
    await runProgram("git", ["clone", "--quiet", "--no-hardlinks", projectFile("."), clone], { signal });
    const commit = await runProgram("git", ["rev-parse", "--short", "HEAD"], { cwd: clone, signal });
    const reached = await start(clone, folder, { pack, signal, note });
    const figures = MILESTONES.flatMap(({ name }) => {
      const ms = reached.get(name);
      const limits = name === "first answer" ? LIMITS.freshClone[pack] : [];
      return ms === undefined ? [] : [single(name, "ms", ms, limits)];
    });
    if (!reached.has("first answer")) throw new Error("npm start ended without an answer");
    return { settings: { pack, commit: commit.trim() }, figures, notes: [], details: [...reached] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs `npm start` until it has answered; returns when each milestone was reached, in ms. */
async function start(
  clone: string,
  caches: string,
  { pack, signal, note }: Pick<BenchOptions, "pack" | "signal" | "note">,
): Promise<ReadonlyMap<string, number>> {
  const startMs = performance.now();
  // A group of its own, so that npm and what it starts can be ended together.
  const child = spawn("npm", ["start", "--", "--pack", pack, "--port", "0"], {
    cwd: clone,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ANTIPHON_HOME: join(caches, "home"),
      ANTIPHON_MODELS_DIR: "",
      PIP_NO_CACHE_DIR: "1",
      npm_config_cache: join(caches, "npm"),
    },
  });
  const closed = once(child, "close");
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
  };
  signal.addEventListener("abort", end);
  const reached = new Map<string, number>();
  const read = async (output: NodeJS.ReadableStream): Promise<void> => {
    for await (const line of createInterface({ input: output })) {
      const milestone = MILESTONES.find(({ pattern }) => pattern.test(line));
      note(line);
      if (milestone === undefined || reached.has(milestone.name)) continue;
      reached.set(milestone.name, performance.now() - startMs);
      if (milestone.name === "first answer") end();
    }
  };
  try {
    await Promise.all([read(child.stdout), read(child.stderr), closed]);
  } finally {
    signal.removeEventListener("abort", end);
  }
  signal.throwIfAborted();
  return reached;
}
