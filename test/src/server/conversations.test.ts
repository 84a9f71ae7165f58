import { expect, test, vi } from "vitest";

import { createLogger } from "../../../src/logging.ts";
import { Conversations } from "../../../src/server/conversations.ts";
import { Metrics } from "../../../src/server/metrics.ts";
import { ScriptedSession } from "../../support/scripted-session.ts";
import { testConfig } from "../../support/voice-server.ts";

function conversations(maxSessions: number): Conversations {
  const source = { openSession: () => new ScriptedSession(), voiceSampleRate: 22_050 };
  const config = testConfig({ limits: { maxSessions } });
  return new Conversations(source, config, new Metrics(), createLogger("silent"));
}

test("a place that is kept is nobody else's, and is free again when it is given up, even twice", async () => {
  const all = conversations(1);
  const giveUp = all.reserve(undefined);
  expect(() => all.reserve(undefined)).toThrow(expect.objectContaining({ code: "session-limit" }));
  giveUp();
  giveUp();
  const { conversation } = all.enter(undefined);
  expect(() => all.reserve(undefined)).toThrow(expect.objectContaining({ code: "session-limit" }));
  all.reserve(conversation.id)(); // who comes back needs no other place
  await all.endAll();
});

test("no conversation begins while the server stops", async () => {
  const all = conversations(2);
  const giveUp = all.reserve(undefined);
  const ended = all.endAll();
  giveUp();
  for (const attempt of [() => all.enter(undefined), () => all.reserve(undefined)]) {
    expect(attempt).toThrow(expect.objectContaining({ code: "shutting-down" }));
  }
  await ended;
});

test("a conversation that is over is not kept when its connection ends, or the process waits for its time", async () => {
  const all = conversations(1);
  const { conversation } = all.enter(undefined);
  vi.useFakeTimers();
  try {
    all.keep(conversation, 300_000);
    expect(vi.getTimerCount()).toBe(1);
    await all.endAll();
    all.keep(conversation, 300_000);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
