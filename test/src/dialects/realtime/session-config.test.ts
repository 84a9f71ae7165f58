import { expect, test } from "vitest";

import { conversationSettings, initialConfig } from "../../../../src/dialects/realtime/session-config.ts";
import { testConfig } from "../../../support/voice-server.ts";

function leads(configured: number) {
  const config = testConfig();
  const conversation = { ...config.conversation, leadMs: configured };
  const settings = conversationSettings(initialConfig(config, new URLSearchParams()), { conversation });
  return { leadMs: settings.leadMs, duckedLeadMs: settings.duckedLeadMs };
}

test("clients that cannot hold an answer are sent little ahead, and next to nothing while somebody may be speaking", () => {
  expect(leads(250)).toEqual({ leadMs: 180, duckedLeadMs: 20 });
});

test("who configured less than that gets less", () => {
  expect(leads(100)).toEqual({ leadMs: 100, duckedLeadMs: 20 });
});
