import { execFile } from "node:child_process";
import { copyFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { describe, expect, it } from "vitest";

import { loadPack } from "../../models/packs/index.ts";
import { installProgram, makeLiteHome } from "../support/installed-program.ts";
import { haveModels } from "../support/models.ts";
import { fixture } from "../support/networks.ts";
import { writePlainCheckpoint } from "../support/plain-checkpoint.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const run = promisify(execFile);

describe.skipIf(!haveModels())("a pack whose language model is plain safetensors", () => {
  it("answers with it, and sees with our own encoder in its words", async () => {
    const folder = await temporaryFolder();
    const { modelPath, configPath, tokenizerPath, tokenizerConfigPath } = await writePlainCheckpoint(folder);
    const standIns = {
      "language-model": modelPath,
      "language-model-config": configPath,
      "language-model-tokenizer": tokenizerPath,
      "language-model-tokenizer-config": tokenizerConfigPath,
    };
    // Files are found under the names that the lock has for them.
    for (const { role, name } of loadPack("smolvlm-256m").files)
      if (role in standIns) await copyFile(standIns[role as keyof typeof standIns], join(folder, name));
    const [program, home] = await Promise.all([installProgram(standIns), makeLiteHome()]);
    const env = { ...process.env, ANTIPHON_HOME: home, ANTIPHON_MODELS_DIR: folder };
    const pack = ["--pack", "smolvlm-256m", "--json"];
    await run(process.execPath, [program, "models", "fetch", ...pack], { env });
    const ask = await run(process.execPath, [program, "ask", "Where is it?", ...pack], { env });
    // It is random: it says something.
    expect(JSON.parse(ask.stdout)).toMatchObject({ text: expect.stringMatching(/./) as string });
    const picture = fixture("vision/astronaut.jpg");
    const look = await run(process.execPath, [program, "look", picture, ...pack], { env });
    expect(JSON.parse(look.stdout)).toMatchObject({ answer: expect.any(String) as string, people: 1 });
    const compiled = (await readdir(join(home, "graphs"))).map((name) => name.split("-")[0]);
    expect(compiled.sort()).toEqual(["decoder", "hashes", "hybrid"]);
  }, 300_000);
});
