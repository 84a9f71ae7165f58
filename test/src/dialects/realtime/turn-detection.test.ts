import { describe, expect, test } from "vitest";

import { initialConfig } from "../../../../src/dialects/realtime/session-config.ts";
import type { TurnDetection } from "../../../../src/dialects/realtime/session-schema.ts";
import { hearingOf, mannersOf, paddingMsOf } from "../../../../src/dialects/realtime/turn-detection.ts";
import { segmenterSettings } from "../../../../streaming/hearing-manners.ts";
import { testConfig } from "../../../support/voice-server.ts";

const DEFAULT = initialConfig(testConfig(), new URLSearchParams()).audio.input.turn_detection;
const SEMANTIC: TurnDetection = {
  type: "semantic_vad",
  eagerness: "auto",
  create_response: true,
  interrupt_response: true,
};

function serverVad(settings: object): TurnDetection {
  return { ...DEFAULT, ...settings } as TurnDetection;
}

describe("how a client wants speech to be told from silence", () => {
  test("is as everywhere where it says nothing else, or words are understood otherwise than by other clients", () => {
    for (const detection of [DEFAULT, SEMANTIC, null])
      expect(segmenterSettings(hearingOf(detection))).toEqual(segmenterSettings());
  });

  test("is what it says: the threshold, and that much more or less sound before the speech", () => {
    expect(hearingOf(serverVad({ threshold: 0.8, prefix_padding_ms: 800 }))).toEqual({
      threshold: 0.8,
      preRollMs: 1000,
    });
    expect(hearingOf(serverVad({ prefix_padding_ms: 0 })).preRollMs).toBe(200);
    expect(paddingMsOf(serverVad({ prefix_padding_ms: 800 }))).toBe(800);
    expect(paddingMsOf(SEMANTIC)).toBe(0);
    expect(paddingMsOf(null)).toBe(0);
  });
});

describe("a silence behind a response", () => {
  test("is broken after as long as server_vad is told", () => {
    expect(mannersOf(serverVad({ idle_timeout_ms: 6000 }))).toEqual({ overlap: "interrupts", idleMs: 6000 });
    expect(mannersOf(DEFAULT)).toEqual({ overlap: "interrupts" });
  });

  test("is the client's affair where it says when to answer", () => {
    expect(mannersOf(serverVad({ idle_timeout_ms: 6000, create_response: false }))).not.toHaveProperty(
      "idleMs",
    );
  });
});
