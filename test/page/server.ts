import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { projectFile } from "../../src/project.ts";

/** The real server on the small pack, in a process of its own, so that it can be killed. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** @param port - 0 takes any free one. */
  static async start(port = 0): Promise<ServerProcess> {
    const child = spawn(
      process.execPath,
      [projectFile("dist/src/main.js"), "serve", "--pack", "lite", "--port", String(port), "--json"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    for await (const line of createInterface({ input: child.stdout })) {
      const { page } = JSON.parse(line) as { page?: string };
      if (page !== undefined) return new ServerProcess(child, page);
    }
    throw new Error("the server did not start; npm run -s pretest compiles it and fetches its models");
  }

  /** Ends it without a goodbye. */
  async kill(): Promise<void> {
    const over = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await over;
  }
}
