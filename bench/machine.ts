import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, type CpuInfo, cpus, totalmem } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

import { projectFile } from "../src/project.ts";

/** Where figures were measured. */
export interface Machine {
  readonly cpu: string;
  /** What it has for the arithmetic of networks, of {@link VECTOR_INSTRUCTIONS}; empty where the system does not say. */
  readonly instructions: readonly string[];
  /** That this process may use. */
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly onnxruntime: string;
  /** How many of all its cores others kept busy in the second before. */
  readonly busyBefore: number;
}

/** Instruction sets that change how fast networks run by half and more, as Linux names them. */
export const VECTOR_INSTRUCTIONS = [
  "avx2",
  "avx_vnni",
  "avx512f",
  "avx512_vnni",
  "amx_int8",
  "asimddp",
] as const;

const WATCHED_MS = 1000;

/** Describes this machine, after a second's look at what else it does. */
export async function describeMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    instructions: vectorInstructions(),
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    onnxruntime: packageVersion("onnxruntime-node"),
    busyBefore: await watchCores(),
  };
}

async function watchCores(): Promise<number> {
  const before = cpus();
  await delay(WATCHED_MS);
  return busyCores(before, cpus());
}

/** How many of these cores were busy in between: of the machine's, whether this process may use them or not. */
export function busyCores(before: readonly CpuInfo[], after: readonly CpuInfo[]): number {
  const [earlier, later] = [coreTimes(before), coreTimes(after)];
  const idleMs = later.idleMs - earlier.idleMs;
  const share = 1 - idleMs / Math.max(1, later.totalMs - earlier.totalMs);
  return Math.round(Math.max(0, share) * after.length * 100) / 100;
}

/** Since the machine was started, all cores together. */
function coreTimes(cores: readonly CpuInfo[]): { readonly idleMs: number; readonly totalMs: number } {
  const times = cores.map((core) => core.times);
  return {
    idleMs: times.reduce((sum, { idle }) => sum + idle, 0),
    totalMs: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
  };
}

function vectorInstructions(): readonly string[] {
  const file = "/proc/cpuinfo";
  if (!existsSync(file)) return [];
  const has = new Set(readFileSync(file, "utf8").split(/\s+/u));
  return VECTOR_INSTRUCTIONS.filter((name) => has.has(name));
}

function packageVersion(name: string): string {
  const file = projectFile(`node_modules/${name}/package.json`);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
