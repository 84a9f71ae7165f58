import { afterEach, expect, test } from "vitest";

import { createLogger } from "../../../src/logging.ts";
import { ServerTools } from "../../../src/tools/server-tools.ts";
import type { SessionOptions } from "../../../streaming/index.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { ScriptedSession } from "../../support/scripted-session.ts";
import { testConfig } from "../../support/voice-server.ts";

const { tools, conversation } = testConfig({ tools: { builtIn: ["time", "timer"] } });
const serverTools = new ServerTools(tools, new ManualClock(), createLogger("silent"));
afterEach(async () => {
  await serverTools.close();
});

function toolsOf(settings: Partial<SessionOptions>): string[] | undefined {
  let opened: SessionOptions | undefined;
  const { openSession } = serverTools.over({
    openSession: (options) => {
      opened = options;
      return new ScriptedSession();
    },
    voiceSampleRate: 22_050,
  });
  openSession({ ...conversation, ...settings });
  return opened?.tools?.list().map(({ name }) => name);
}

test("a timer is not offered where it would ring unheard", () => {
  expect(toolsOf({})).toEqual(["get_time", "set_timer", "cancel_timers"]);
  expect(toolsOf({ spoken: true })).toContain("set_timer");
  expect(toolsOf({ spoken: false })).toEqual(["get_time"]);
});
