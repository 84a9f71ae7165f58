import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { loadConfig } from "../../src/config.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const NOTHING = { environment: {} };

test("without any settings there is a working configuration", () => {
  const config = loadConfig(NOTHING);
  expect(config).toMatchObject({
    pack: "embedded",
    host: "127.0.0.1",
    port: 8787,
    conversation: { leadMs: 250 },
  });
  expect(config.limits.maxPayloadBytes).toBe(256 * 1024);
  expect(config.llm.url).toBeUndefined();
  expect(config.llm.stop).toEqual([]);
});

test("the configuration cannot be changed afterwards, however deep", () => {
  const config = loadConfig(NOTHING);
  expect(() => Object.assign(config.limits, { maxSessions: 1000 })).toThrow(TypeError);
  expect(() => Object.assign(config.conversation.sampling, { seed: 1 })).toThrow(TypeError);
});

test("a variable is named after its key, with its type", () => {
  const config = loadConfig({
    environment: {
      ANTIPHON_PORT: "0",
      ANTIPHON_LIMITS_MAX_SESSIONS: "3",
      ANTIPHON_RUNTIME_SPINNING: "true",
      ANTIPHON_ALLOWED_ORIGINS: '["https://example.org"]',
      ANTIPHON_LLM_URL: "http://127.0.0.1:9000/v1",
      ANTIPHON_LLM_MODEL: "7",
      ANTIPHON_LLM_STOP: '["User:", "\\n\\n"]',
      ANTIPHON_LOG_LEVEL: "warn",
      ANTIPHON_CONVERSATION_SAMPLING_TOP_P: "0.5",
    },
  });
  expect(config).toMatchObject({
    port: 0,
    limits: { maxSessions: 3 },
    runtime: { spinning: true },
    allowedOrigins: ["https://example.org"],
    llm: { url: "http://127.0.0.1:9000/v1", model: "7", stop: ["User:", "\n\n"] },
    logLevel: "warn",
    conversation: { sampling: { topP: 0.5 } },
  });
});

test("the command line beats variables, and variables beat the file", async () => {
  const file = join(await temporaryFolder(), "config.json");
  writeFileSync(
    file,
    JSON.stringify({ port: 1, host: "file", limits: { maxSessions: 1, maxTextLength: 9 } }),
  );
  const config = loadConfig({
    file,
    environment: { ANTIPHON_PORT: "2", ANTIPHON_LIMITS_MAX_SESSIONS: "2" },
    overrides: { port: 3, pack: undefined },
  });
  expect(config).toMatchObject({
    port: 3,
    host: "file",
    pack: "embedded",
    limits: { maxSessions: 2, maxTextLength: 9 },
  });
});

test.each([
  [{ overrides: { port: 70_000 } }, "port"],
  [{ overrides: { limits: { maxSessions: 0 } } }, "limits.maxSessions"],
  [{ overrides: { limits: { maxSesions: 4 } } }, "limits.maxSesions"],
  [{ overrides: { limits: { audioBurstMs: 120_001 } } }, "limits.audioBurstMs"],
  [{ environment: { ANTIPHON_PORT: "eighty" } }, "port"],
  [{ environment: { ANTIPHON_LLM_URL: "nowhere", ANTIPHON_LLM_MODEL: "m" } }, "llm.url"],
  [{ environment: { ANTIPHON_LLM_URL: "http://a" } }, "llm.model"],
  [{ environment: { ANTIPHON_LLM_MODEL: "m" } }, "llm.url"],
  [{ environment: { ANTIPHON_LLM_URL: "ftp://a", ANTIPHON_LLM_MODEL: "m" } }, "llm.url"],
  [{ overrides: { llm: { stop: ["a", "b", "c", "d", "e"] } } }, "llm.stop"],
  [{ overrides: { runtime: { executionProviders: ["cpu", "gpu"] } } }, "runtime.executionProviders.1"],
  [{ overrides: { runtime: { executionProviders: [] } } }, "runtime.executionProviders"],
  [{ overrides: { llm: { stop: [""] } } }, "llm.stop.0"],
  [{ overrides: { llm: { stop: ["x".repeat(65)] } } }, "llm.stop.0"],
])("a wrong setting is refused by name: %j", (sources, key) => {
  expect(() => loadConfig({ environment: {}, ...sources })).toThrow(
    expect.objectContaining({
      code: "config-invalid",
      message: expect.stringContaining(`${key}:`) as string,
    }),
  );
});

test("a file that is not there or not JSON is refused by name, and cannot reach the prototype", async () => {
  const folder = await temporaryFolder();
  const broken = join(folder, "broken.json");
  const hostile = join(folder, "hostile.json");
  writeFileSync(broken, "{");
  writeFileSync(hostile, '{"__proto__": {"port": 1}}');
  for (const file of [join(folder, "missing.json"), broken]) {
    expect(() => loadConfig({ ...NOTHING, file })).toThrow(
      expect.objectContaining({ code: "config-invalid", message: expect.stringContaining(file) as string }),
    );
  }
  expect(loadConfig({ ...NOTHING, file: hostile }).port).toBe(8787);
  expect(({} as { port?: number }).port).toBeUndefined();
});
