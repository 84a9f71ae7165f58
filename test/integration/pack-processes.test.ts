import { spawn, type ChildProcess } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { readdir, readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, onTestFinished, test } from "vitest";

import { cachePath } from "../../models/packs/cache.ts";
import { expectBytes, lockedFile, patternBytes, serveRange, startServer } from "../support/packs.ts";
import { temporaryFolder, type Answer } from "../support/packs.ts";

const bytes = patternBytes(60_000);
const file = lockedFile(bytes, [
  { type: "hub", repository: "owner/name", revision: "main", path: "weights.bin" },
]);
const script = fileURLToPath(new URL("../support/fetch-process.ts", import.meta.url));

interface Fetching {
  readonly child: ChildProcess;
  readonly said: string[];
  readonly exit: Promise<unknown[]>;
}

function startFetching(home: string, hub: string): Fetching {
  const env = { ...process.env, ANTIPHON_HOME: home, HF_ENDPOINT: hub };
  const child = spawn(process.execPath, ["--import", "tsx", script], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.end(JSON.stringify(file));
  const said: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => said.push(...text.trim().split("\n")));
  return { child, said, exit: once(child, "exit") };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Sends half of the file and the rest when told. */
function halfThenWait(): { answer: Answer; finish: () => void } {
  const told = new EventEmitter();
  const answer: Answer = (_request, response, whole) => {
    response.writeHead(200, { "content-length": whole.byteLength });
    response.write(whole.subarray(0, 30_000));
    told.once("finish", () => response.end(whole.subarray(30_000)));
  };
  return { answer, finish: () => void told.emit("finish") };
}

test("of two processes one fetches a file and the other waits for it", async () => {
  const home = await temporaryFolder();
  const { answer, finish } = halfThenWait();
  const hub = await startServer(bytes, [answer, serveRange]);
  const first = startFetching(home, hub.url.origin);
  await until(() => first.said.includes("bytes"));
  const second = startFetching(home, hub.url.origin);
  await until(() => second.said.includes("file-wait"));
  finish();
  expect((await first.exit)[0]).toBe(0);
  expect((await second.exit)[0]).toBe(0);
  expect(hub.requests).toHaveLength(1);
  expectBytes(await readFile(cachePath(home, file)), bytes);
});

test("when the process that fetches is killed, the other takes over and goes on from its bytes", async () => {
  const home = await temporaryFolder();
  const hub = await startServer(bytes, [halfThenWait().answer, serveRange]);
  const first = startFetching(home, hub.url.origin);
  await until(() => first.said.includes("bytes"));
  const second = startFetching(home, hub.url.origin);
  await until(() => second.said.includes("file-wait"));
  first.child.kill("SIGKILL");
  await first.exit;
  // Stands for the ten seconds after which a lock that nobody refreshes is taken over.
  await utimes(`${cachePath(home, file)}.lock`, new Date(1), new Date(1));
  expect((await second.exit)[0]).toBe(0);
  expect(hub.requests[1]?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
  expectBytes(await readFile(cachePath(home, file)), bytes);
  const names = await readdir(join(home, "files"));
  expect(names.filter((name) => /\.(partial|lock)$/.test(name))).toEqual([]);
});
