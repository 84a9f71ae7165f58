import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { promisify } from "node:util";

import { describe, expect, it, onTestFinished } from "vitest";

import { installProgram, makeLiteHome } from "../support/installed-program.ts";
import { haveModels } from "../support/models.ts";
import { fixture } from "../support/networks.ts";

const run = promisify(execFile);

/** The tiny random checkpoint's files in the place of the real ones. */
const STAND_INS = {
  "language-model": fixture("vision/smolvlm/model.safetensors"),
  "language-model-config": fixture("vision/smolvlm/config.json"),
  "language-model-tokenizer": fixture("vision/smolvlm/tokenizer.json"),
};

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
    const [program, home] = await Promise.all([installProgram(STAND_INS), makeLiteHome()]);
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
    const tiled = await run(process.execPath, [program, "look", picture, "--tiles", ...pack], { env });
    expect(JSON.parse(tiled.stdout)).toMatchObject({ answer: expect.any(String) as string, people: 1 });
    const compiled = (await readdir(join(home, "graphs"))).map((name) => name.split("-")[0]);
    expect(compiled.sort()).toEqual(["decoder", "smolvlm"]);
  }, 300_000);
});
