import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { z } from "zod";

import { benchFolder, hasProgram, installOnce, LineProgram, runProgram } from "../programs.ts";
import type { Generate, Generated } from "./node-llama-cpp-program.ts";

const VERSION = "3.22.1";

/** The peer as it is installed. */
export const NODE_LLAMA_CPP = `node-llama-cpp ${VERSION}`;

const generated = z.object({
  tokens: z.array(z.int()),
  timesMs: z.array(z.number()),
  cachedTokens: z.int(),
});

/** llama.cpp by way of node-llama-cpp and its prebuilt binary for CPUs, in a process of its own. */
export class NodeLlamaCpp {
  readonly #program: LineProgram;

  private constructor(program: LineProgram) {
    this.#program = program;
  }

  /** Installs the peer into the cache at its first use and loads the model. */
  static async start(
    modelPath: string,
    settings: { readonly threads: number; readonly contextTokens: number; readonly signal: AbortSignal },
  ): Promise<NodeLlamaCpp> {
    const { threads, contextTokens, signal } = settings;
    const folder = await install(signal);
    const script = fileURLToPath(new URL("./node-llama-cpp-program.js", import.meta.url));
    const parameters = [script, folder, modelPath, String(threads), String(contextTokens)];
    const program = new LineProgram(process.execPath, parameters, { signal });
    try {
      await program.next();
      return new NodeLlamaCpp(program);
    } catch (error) {
      await program.end();
      throw error;
    }
  }

  /** Continues a prompt greedily; what it shares with the one before is not computed again. */
  async generate(request: Generate): Promise<Generated> {
    return generated.parse(await this.#program.ask(request));
  }

  async end(): Promise<void> {
    await this.#program.end();
  }
}

/** Its packages alone, without the scripts that would build llama.cpp or fetch it. */
async function install(signal: AbortSignal): Promise<string> {
  const folder = await benchFolder("node-llama-cpp");
  const binary = `@node-llama-cpp/${process.platform}-${process.arch}@${VERSION}`;
  const pins = [`node-llama-cpp@${VERSION}`, binary];
  await installOnce(folder, pins, async () => {
    if (!(await hasProgram("npm"))) throw new Error("the bench of language models needs npm");
    await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
    const flags = [
      "--save-exact",
      "--ignore-scripts",
      "--omit=optional",
      "--no-audit",
      "--no-fund",
      "--silent",
    ];
    const environment = { NODE_LLAMA_CPP_SKIP_DOWNLOAD: "true" };
    await runProgram("npm", ["install", ...flags, ...pins], { cwd: folder, signal, environment });
  });
  return folder;
}
