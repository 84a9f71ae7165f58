import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { afterEach, expect, test } from "vitest";

import { projectFile } from "../../src/project.ts";
import { haveOpus } from "../support/opus.ts";
import { BoardServer } from "../support/xiaozhi-server.ts";

let server: BoardServer | undefined;
afterEach(async () => {
  await server?.close();
});

test.skipIf(!haveOpus)(
  "the example of a board asks and is answered (skipped where the Opus addon is missing)",
  async () => {
    server = await BoardServer.start();
    const script = projectFile("examples/xiaozhi-board.ts");
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", script, server.origin],
      {
        timeout: 100_000,
      },
    );
    expect(stdout).toContain("stt What is the capital of France?");
    expect(stdout).toContain("tts sentence_start The capital of France is Paris.");
    expect(stdout).toMatch(/\n1[2-4]\d0 ms of sound\n/u);
  },
);
