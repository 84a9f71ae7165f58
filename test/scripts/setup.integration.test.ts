import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { beforeEach, expect, test } from "vitest";

import { temporaryFolder } from "../support/temporary-folder.ts";

const script = fileURLToPath(new URL("../../scripts/setup.mjs", import.meta.url));

/** Stands in for npm: notes the call and "installs" a compiler that notes its call and writes one file. */
const NPM = `
  import { appendFileSync, cpSync, mkdirSync } from "node:fs";
  appendFileSync("calls", "npm " + process.argv.slice(2).join(" ") + " " + process.env.ONNXRUNTIME_NODE_INSTALL + "\\n");
  console.log("npm talks");
  if (process.env.SLOW_NPM) await new Promise((resolve) => setTimeout(resolve, 300));
  if (process.env.FAIL_NPM) process.exit(7);
  mkdirSync("node_modules/typescript/bin", { recursive: true });
  mkdirSync("node_modules/vite/bin", { recursive: true });
  cpSync("tsc", "node_modules/typescript/bin/tsc");
  cpSync("vite.js", "node_modules/vite/bin/vite.js");
`;
const BUNDLER = `
  import { appendFileSync } from "node:fs";
  appendFileSync("calls", ["vite", ...process.argv.slice(3)].join(" ") + "\\n");
`;
const TYPES = `
  import { appendFileSync } from "node:fs";
  appendFileSync("calls", "types\\n");
`;
const COMPILER = `
  const { appendFileSync, mkdirSync, writeFileSync } = require("node:fs");
  appendFileSync("calls", "tsc\\n");
  if (process.env.FAIL_TSC) process.exit(2);
  mkdirSync("dist/src", { recursive: true });
  const pack = "export const ensurePackVisibly = async (name) => appendFileSync('calls', 'fetch ' + name + '\\\\n');";
  writeFileSync("dist/src/progress.js", "import { appendFileSync } from 'node:fs';" + pack);
`;

let root: string;
beforeEach(async () => {
  root = await temporaryFolder();
  await mkdir(join(root, "scripts"));
  await mkdir(join(root, "src"));
  await copyFile(script, join(root, "scripts", "setup.mjs"));
  const files = {
    "package.json": `{"type":"module"}`,
    "package-lock.json": "{}",
    "tsconfig.json": "{}",
    "tsconfig.build.json": "{}",
    "src/main.ts": "",
    "npm-cli.js": NPM,
    "vite.config.ts": "",
    "vite.js": BUNDLER,
    "scripts/web-client-types.mjs": TYPES,
    tsc: COMPILER,
  };
  for (const [name, contents] of Object.entries(files)) await writeFile(join(root, name), contents);
});

interface Outcome {
  readonly status: number | null;
  readonly output: string;
  readonly complaints: string;
}

async function setup(
  purpose: string,
  options: { env?: NodeJS.ProcessEnv; node?: string[]; stopAt?: string } = {},
): Promise<Outcome> {
  const env = { ...process.env, npm_execpath: join(root, "npm-cli.js"), ...options.env };
  const parameters = [...(options.node ?? []), join(root, "scripts", "setup.mjs"), "--for", purpose];
  const child = spawn(process.execPath, parameters, { env, cwd: root });
  const said = { output: "", complaints: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.complaints += text));
  child.stderr.on("data", () => {
    if (options.stopAt !== undefined && said.complaints.includes(options.stopAt)) child.kill("SIGTERM");
  });
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, ...said };
}

async function calls(): Promise<string[]> {
  const path = join(root, "calls");
  return existsSync(path) ? (await readFile(path, "utf8")).trim().split("\n") : [];
}

const INSTALL = "npm ci --include=dev --include=optional --no-audit --no-fund skip";
const BUILD = ["tsc", "vite"];

test("a fresh checkout is installed, without onnxruntime's download, and compiled; then nothing is left to do", async () => {
  expect((await setup("start")).status).toBe(0);
  expect(await calls()).toEqual([INSTALL, ...BUILD]);
  const again = await setup("start");
  expect(again).toMatchObject({ status: 0, complaints: "" });
  expect(await calls()).toHaveLength(3);
});

test("standard output stays clean for the command that follows", async () => {
  const { output, complaints } = await setup("cli");
  expect(output).toBe("");
  expect(complaints).toContain("npm talks");
});

test("for the tests, and for them only, the library for other pages is built, once, and the small pack fetched", async () => {
  await setup("bench");
  expect(await calls()).toEqual([INSTALL, ...BUILD]);
  await setup("test");
  expect((await calls()).slice(3)).toEqual(["vite --mode library", "types", "fetch lite"]);
  await setup("test");
  expect((await calls()).slice(6)).toEqual(["fetch lite"]);
});

test("a changed lock file installs again, a changed, new or deleted source compiles again", async () => {
  await setup("cli");
  await writeFile(join(root, "package-lock.json"), "{ }");
  await setup("cli");
  expect(await calls()).toEqual([INSTALL, ...BUILD, INSTALL, ...BUILD]);
  await writeFile(join(root, "src", "other.ts"), "");
  await setup("cli");
  await utimes(join(root, "src", "other.ts"), new Date(1), new Date(1));
  await setup("cli");
  expect(await calls()).toEqual([INSTALL, ...BUILD, INSTALL, ...BUILD, ...BUILD, ...BUILD]);
});

test("dependencies that somebody installed with npm itself are not installed again", async () => {
  await mkdir(join(root, "node_modules", "typescript", "bin"), { recursive: true });
  await copyFile(join(root, "tsc"), join(root, "node_modules", "typescript", "bin", "tsc"));
  await mkdir(join(root, "node_modules", "vite", "bin"), { recursive: true });
  await copyFile(join(root, "vite.js"), join(root, "node_modules", "vite", "bin", "vite.js"));
  await writeFile(join(root, "node_modules", ".package-lock.json"), "{}");
  expect((await setup("cli")).status).toBe(0);
  expect(await calls()).toEqual([...BUILD]);
});

test("two at once do the work once", async () => {
  const outcomes = await Promise.all([1, 2].map(() => setup("cli", { env: { SLOW_NPM: "1" } })));
  expect(outcomes.map(({ status }) => status)).toEqual([0, 0]);
  expect(await calls()).toEqual([INSTALL, ...BUILD]);
});

test("the lock of a set-up that died does not block the next", async () => {
  const lock = join(root, ".antiphon", "setup.lock");
  await mkdir(lock, { recursive: true });
  await utimes(lock, new Date(1), new Date(1));
  expect((await setup("cli")).status).toBe(0);
  expect(existsSync(lock)).toBe(false);
});

test("a set-up that is told to stop takes npm with it, and lets the next one work", async () => {
  const stopped = await setup("cli", { env: { SLOW_NPM: "1" }, stopAt: "npm talks" });
  expect(stopped.status).not.toBe(0);
  expect(existsSync(join(root, "node_modules"))).toBe(false);
  expect((await setup("cli")).status).toBe(0);
});

test("a failed install says what to check, and is tried again the next time", async () => {
  const failed = await setup("cli", { env: { FAIL_NPM: "1" } });
  expect(failed.status).toBe(1);
  expect(failed.complaints).toContain("npm ci failed (7); check the network and npm's registry setting");
  expect((await setup("cli")).status).toBe(0);
});

test("sources that do not compile stop the command, and are tried again the next time", async () => {
  const failed = await setup("cli", { env: { FAIL_TSC: "1" } });
  expect(failed.status).toBe(1);
  expect(failed.complaints).toContain("do not compile");
  expect((await setup("cli")).status).toBe(0);
  expect(await calls()).toEqual([INSTALL, "tsc", "tsc", "vite"]);
});

test("where Opus could not be compiled the set-up succeeds and says what is missing", async () => {
  const { status, complaints } = await setup("cli");
  expect(status).toBe(0);
  expect(complaints).toContain("Opus sound is not available");
});

test("an old Node is refused before anything is installed", async () => {
  const disguise = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.18.9'})";
  const { status, complaints } = await setup("cli", { node: ["--import", disguise] });
  expect(status).toBe(1);
  expect(complaints).toContain("Antiphon needs Node 20.19 or newer and this is 20.18.9");
  expect(await calls()).toEqual([]);
});

test("an unknown purpose is an error, not a silent success", async () => {
  expect((await setup("dance")).complaints).toContain(
    "usage: node scripts/setup.mjs --for start|test|cli|bench",
  );
});
