import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cp, copyFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { promisify } from "node:util";

import { describe, expect, it, onTestFinished } from "vitest";

import { inspectPack, loadPack } from "../../models/packs/index.ts";
import { haveModels } from "../support/models.ts";
import { fixture } from "../support/networks.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** The tiny random checkpoint's files in the place of the real ones. */
const STAND_INS: Readonly<Record<string, string>> = {
  "language-model": "model.safetensors",
  "language-model-config": "config.json",
  "language-model-tokenizer": "tokenizer.json",
};

/** The program as it is installed, but that its lock names the tiny files. */
async function installProgram(): Promise<string> {
  const folder = await temporaryFolder();
  await cp(join(root, "dist"), join(folder, "dist"), { recursive: true });
  await copyFile(join(root, "package.json"), join(folder, "package.json"));
  for (const name of ["node_modules", "models"]) await symlink(join(root, name), join(folder, name));
  const files = [];
  for (const file of loadPack("smolvlm-256m").files) {
    const standIn = STAND_INS[file.role];
    if (standIn === undefined) continue;
    const bytes = await readFile(fixture(`vision/smolvlm/${standIn}`));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    files.push({ ...file, size: bytes.length, sha256 });
  }
  const lock = { name: "smolvlm-256m", summary: "tiny", extends: "lite", files };
  await writeFile(join(folder, "dist/models/packs/smolvlm-256m.json"), JSON.stringify(lock));
  return join(folder, "dist/src/main.js");
}

/** A cache that has all of the lite pack and nothing else. */
async function makeHome(): Promise<string> {
  const home = await temporaryFolder();
  await mkdir(join(home, "files"));
  for (const { path } of await inspectPack("lite")) {
    await symlink(path, join(home, "files", basename(path)));
    await copyFile(`${path}.verified`, join(home, "files", `${basename(path)}.verified`));
  }
  return home;
}

/** The Hub, as far as it has this model; tells what it was asked for. */
async function startHub(asked: string[]): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://hub");
    asked.push(pathname);
    void readFile(fixture(`vision/smolvlm/${basename(pathname)}`)).then(
      (bytes) => response.writeHead(200, { "content-length": bytes.length }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.skipIf(!haveModels())("the pack smolvlm-256m", () => {
  it("is fetched from the Hub, and then its language model sees with its own encoder", async () => {
    const [program, home] = await Promise.all([installProgram(), makeHome()]);
    const asked: string[] = [];
    const env = { ...process.env, ANTIPHON_HOME: home, HF_ENDPOINT: await startHub(asked) };
    const pack = ["--pack", "smolvlm-256m", "--json"];
    await run(process.execPath, [program, "models", "fetch", ...pack], { env });
    expect(asked.sort()).toEqual(
      ["config.json", "model.safetensors", "tokenizer.json"].map(
        (name) => `/HuggingFaceTB/SmolVLM-256M-Instruct/resolve/main/${name}`,
      ),
    );
    const picture = fixture("vision/astronaut.jpg");
    const { stdout } = await run(process.execPath, [program, "look", picture, ...pack], { env });
    // It is random: it says something, and names nothing as our own encoder would.
    expect(JSON.parse(stdout)).toMatchObject({
      answer: expect.any(String) as string,
      labels: [],
      people: 1,
      sure: true,
    });
    const compiled = (await readdir(join(home, "graphs"))).map((name) => name.split("-")[0]);
    expect(compiled.sort()).toEqual(["decoder", "smolvlm"]);
  }, 300_000);
});
