import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

import { projectFile } from "../src/project.ts";

/** Where figures were measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly onnxruntime: string;
  /** Processes that wanted to run in the minute before; above the bench's own share the figures are not worth much. */
  readonly loadBefore: number;
}

/** Describes this machine. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    onnxruntime: packageVersion("onnxruntime-node"),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

function packageVersion(name: string): string {
  const file = projectFile(`node_modules/${name}/package.json`);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
