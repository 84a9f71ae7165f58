import { readFileSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { closeCodeOf } from "../../../src/server/close-codes.ts";
import {
  MESSAGE_TYPES,
  parseClientMessage,
  parseServerMessage,
  readServerMessage,
} from "../../../src/server/protocol.ts";
import { AntiphonError, type ErrorCode } from "../../../streaming/index.ts";
import { END_TOLERANCE_MS, PATIENCE_WITH_LISTENER_MS } from "../../../streaming/paced-playback.ts";
import { testConfig } from "../../support/voice-server.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const PCM = { format: "pcm16", sampleRate: 16_000 };
const HELLO = { type: "hello", version: 1, input: PCM, output: PCM };

describe("documents", () => {
  const errorCodes = [
    ...(/type ErrorCode =([^;]*);/u.exec(read("streaming/errors.ts"))?.[1] ?? "").matchAll(/"([a-z-]+)"/gu),
  ].map((match) => match[1] as ErrorCode);
  const rows = new Map(
    read("docs/errors.md")
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) => line.split("|").map((cell) => cell.trim()))
      .map((cells) => [cells[1]?.replaceAll("`", ""), cells]),
  );

  test("every error code has its row, and there are no others", () => {
    expect(errorCodes.length).toBeGreaterThan(30);
    expect([...rows.keys()].sort()).toEqual([...errorCodes].sort());
  });

  test("an error that always closes says so with its close code", () => {
    for (const code of errorCodes) {
      const closes = closeCodeOf(code);
      if (closes !== undefined) expect(rows.get(code)?.[4], code).toBe(String(closes));
    }
  });

  test("the limits that the document names are the defaults", () => {
    const { limits, conversation } = testConfig();
    const protocol = read("docs/protocol.md").replace(/\s+/gu, " ");
    for (const words of [
      `| one message | ${limits.maxPayloadBytes / 1024} KiB`,
      `within ${limits.helloTimeoutMs / 1000} s`,
      `${limits.messagesPerSecond} a second, bursts of ${limits.audioBurstMs / 1000} s`,
      `${limits.bytesPerSecond / 1024} KiB a second`,
      `${limits.audioRate} times real time`,
      `| conversations | ${limits.maxSessions} |`,
      `waiting for ${limits.resumeMs / 1000} s`,
      `pings every ${limits.heartbeatMs / 1000} s`,
      `${PATIENCE_WITH_LISTENER_MS / 1000} s after its sound would have ended`,
      `the last ${END_TOLERANCE_MS} ms of what you have begun to play`,
      `more than ${limits.maxBufferedBytes / 1024} KB wait`,
    ]) {
      expect(protocol).toContain(words);
    }
    expect(conversation.leadMs).toBe(250);
  });

  test("every message has its row in the protocol's document", () => {
    const rows = read("docs/protocol.md").matchAll(/^\| `([a-z-]+)` +\|/gmu);
    const documented = [...rows].map((row) => row[1]);
    for (const type of [...MESSAGE_TYPES.client, ...MESSAGE_TYPES.server]) {
      expect(documented, type).toContain(type);
    }
  });
});

test("a hello is understood, and fields of later versions are passed over", () => {
  expect(parseClientMessage(JSON.stringify({ ...HELLO, video: true }))).toEqual(HELLO);
  const opus = { format: "opus", sampleRate: 48_000, frameMs: 60 };
  expect(parseClientMessage(JSON.stringify({ ...HELLO, output: opus, resume: "x" }))).toMatchObject({
    output: opus,
    resume: "x",
  });
});

test.each<[string, ErrorCode, unknown]>([
  ["another version", "protocol-version", { ...HELLO, version: 2 }],
  ["no version", "protocol-version", { type: "hello" }],
  ["an unknown rate", "message-invalid", { ...HELLO, input: { format: "pcm16", sampleRate: 44_100 } }],
  [
    "Opus without a frame length",
    "message-invalid",
    { ...HELLO, output: { format: "opus", sampleRate: 48_000 } },
  ],
  ["an unknown type", "message-unknown", { type: "dance" }],
  ["a type only servers send", "message-unknown", { type: "ready" }],
  ["a type that is no text", "message-unknown", { type: { nested: true } }],
  ["no type", "message-unknown", {}],
  ["a list", "message-invalid", [HELLO]],
  ["null", "message-invalid", null],
  ["playback of no turn", "message-invalid", { type: "playback", turn: 0, playedMs: 1 }],
  ["playback of a fraction of a turn", "message-invalid", { type: "playback", turn: 1.5, playedMs: 1 }],
  ["a voice that is too fast", "message-invalid", { type: "settings", speed: 9 }],
  ["a spoken that is a text", "message-invalid", { type: "settings", spoken: "no" }],
  ["views that are a number", "message-invalid", { ...HELLO, views: 1 }],
  ["a speed that is a text", "message-invalid", { ...HELLO, settings: { speed: "2" } }],
  ["a prompt that is too long", "message-invalid", { type: "settings", systemPrompt: "x".repeat(2001) }],
  ["a text that is a number", "message-invalid", { type: "text", text: 5 }],
])("%s is refused as %s", (_, code, message) => {
  expect(() => parseClientMessage(JSON.stringify(message))).toThrow(expect.objectContaining({ code }));
});

// A client would never see that an answer was cut short by its length, or begun ahead: readers drop what is not described.
test("the marks of an answer reach a client", () => {
  const timings = { revisions: 0, discarded: 0, discardedMs: 0 };
  const end = { type: "answer-end", turn: 1, outcome: "completed", text: "Yes.", timings };
  for (const message of [end, { ...end, isCutShort: true }, { ...end, isAhead: true }])
    expect(readServerMessage(JSON.stringify(message))).toEqual(message);
});

test("a client passes over what a later server may say, and nothing else", () => {
  expect(readServerMessage('{"type":"pong"}')).toEqual({ type: "pong" });
  expect(readServerMessage('{"type":"dance"}')).toBeUndefined();
  expect(() => parseServerMessage('{"type":"dance"}')).toThrow(AntiphonError);
  for (const json of ["dance", '["dance"]', "{}", '{"type":7}', '{"type":"answer-delta","turn":1}'])
    expect(() => readServerMessage(json), json).toThrow(expect.objectContaining({ code: "message-invalid" }));
});

test.each([
  "",
  "{",
  "\u0000",
  '{"type":"text","text":"a"',
  "[".repeat(10_000) + "]".repeat(10_000),
  '{"a":1e999}',
  '{"type":"playback","turn":1,"playedMs":NaN}',
  '{"type":"playback","turn":1,"playedMs":1e999}',
])("hostile JSON is refused with a code", (json) => {
  expect(() => parseClientMessage(json)).toThrow(AntiphonError);
});

test("a message with __proto__ changes nobody's prototype", () => {
  parseClientMessage('{"type":"ping","__proto__":{"hacked":true}}');
  expect(({} as { hacked?: boolean }).hacked).toBeUndefined();
});

test("whatever JSON comes, the only errors are ours, and their messages are short", () => {
  const types = fc.constantFrom(...MESSAGE_TYPES.client, ...MESSAGE_TYPES.server, "x");
  const message = fc.oneof(
    fc.jsonValue(),
    fc.record({ type: types, turn: fc.jsonValue(), text: fc.jsonValue() }),
  );
  fc.assert(
    fc.property(message, (value) => {
      for (const parse of [parseClientMessage, parseServerMessage]) {
        try {
          expect(parse(JSON.stringify(value))).toHaveProperty("type");
        } catch (error) {
          expect(error).toBeInstanceOf(AntiphonError);
          expect((error as AntiphonError).message.length).toBeLessThanOrEqual(200);
        }
      }
    }),
    { numRuns: 500 },
  );
});
