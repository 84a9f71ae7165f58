import { readdir } from "node:fs/promises";

import { afterEach, expect, test, vi } from "vitest";

import { FILE_ROLES, OPTIONAL_ROLES } from "../../models/packs/manifest.ts";
import { openModels } from "../../src/compose.ts";
import { loadConfig } from "../../src/config.ts";
import { ALL_MODELS, neededFiles } from "../../src/model-files.ts";
import { delta, request, serve, stopServer, stream } from "../models/llm/chat-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

afterEach(async () => {
  vi.unstubAllEnvs();
  await stopServer();
});

const configOf = (llm: Readonly<Record<string, unknown>>) =>
  loadConfig({ overrides: { pack: "lite", llm }, environment: {} });

test("with a language model on a server nothing of the pack is fetched for it, and its stop strings hold", async () => {
  const home = await temporaryFolder();
  vi.stubEnv("ANTIPHON_HOME", home);
  const { url, bodies } = await serve(stream(delta("It is Par"), delta("is. Us"), delta("er: and?")));
  const config = configOf({ url, model: "some-model", stop: ["User:"] });
  const { signal } = new AbortController();
  const onProgress = vi.fn();
  const models = await openModels(config, ["languageModel"], { signal, onProgress });
  let text = "";
  for await (const event of models.languageModel.generate(request, { signal })) {
    if (event.type === "text-delta") text += event.text;
  }
  await models.close();
  expect(text).toBe("It is Paris. ");
  expect(bodies[0]).toMatchObject({ model: "some-model", stop: ["User:"] });
  expect(onProgress).not.toHaveBeenCalled();
  expect(await readdir(home)).toEqual([]);
});

test("a conversation needs every file of the pack but what only pictures need, and no language model where a server thinks", () => {
  const forPictures = /^(face|text)-/;
  const all = [...FILE_ROLES, ...OPTIONAL_ROLES].filter((role) => !forPictures.test(role));
  expect([...neededFiles(configOf({}), ALL_MODELS)].sort()).toEqual([...all].sort());
  const remote = configOf({ url: "http://127.0.0.1:9/v1", model: "m" });
  expect([...neededFiles(remote, ALL_MODELS)].sort()).toEqual(
    all.filter((role) => !role.startsWith("language-model")).sort(),
  );
});

test("what only listens needs no voice and no language model", () => {
  expect(neededFiles(configOf({}), ["recognizer"])).toEqual([
    "speech-recognition",
    "speech-recognition-tokenizer",
    "speech-recognition-config",
  ]);
});
