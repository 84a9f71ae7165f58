import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { readClientEvent } from "../../../../src/dialects/realtime/client-events.ts";
import { toBetaEvent } from "../../../../src/dialects/realtime/beta.ts";
import { initialConfig, updated } from "../../../../src/dialects/realtime/session-config.ts";
import { testConfig } from "../../../support/voice-server.ts";

const TYPES = [
  "session.update",
  "input_audio_buffer.append",
  "conversation.item.create",
  "conversation.item.truncate",
  "response.create",
  "response.cancel",
];

/** Values such as clients send by mistake, or on purpose. */
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.double(),
    fc.constantFrom(null, true, "audio", "text", "realtime", "audio/pcm", "server_vad"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        "type",
        "session",
        "audio",
        "input",
        "format",
        "item",
        "content",
        "response",
        "modalities",
        "tools",
      ),
      tie("value"),
      { maxKeys: 5 },
    ),
  ),
})).value;

const events = fc.tuple(fc.constantFrom(...TYPES), anything, anything).map(([type, one, other]) => {
  return JSON.stringify({ type, session: one, item: other, response: one, audio: other });
});

describe("an event of a client", () => {
  test("is read or refused in words, whatever it is: one that throws would end everybody's conversations", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), events), fc.boolean(), (json, isBeta) => {
        const read = readClientEvent(json, isBeta);
        if (read.event === undefined) expect(read.error.details.message).not.toBe("");
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["tools", [{ type: "function", name: "f", parameters: { text: "x".repeat(300_000) } }]],
    ["prompt", { id: "x".repeat(33_000) }],
    ["tracing", { metadata: "x".repeat(33_000) }],
    ["truncation", "x".repeat(33_000)],
    ["model", "x".repeat(600)],
    ["audio", { output: { voice: "x".repeat(600) } }],
    ["audio", { input: { transcription: { model: "x".repeat(600) } } }],
    ["include", ["x".repeat(600)]],
    ["tool_choice", { type: "function", name: "x".repeat(600) }],
  ] as [string, unknown][])(
    "sets no session to what would be told again by the megabyte: %s",
    (field, value) => {
      const session = { type: "realtime", [field]: value };
      expect(readClientEvent(JSON.stringify({ type: "session.update", session }), false)).toMatchObject({
        error: {
          details: {
            type: "invalid_request_error",
            code: "invalid_value",
            param: expect.stringMatching(new RegExp(`^session\\.${field}`, "u")) as unknown,
          },
        },
      });
    },
  );

  test.each([
    ["threshold", 1.1],
    ["prefix_padding_ms", 5001],
    ["prefix_padding_ms", -1],
    ["idle_timeout_ms", 4999],
    ["idle_timeout_ms", 30_001],
  ] as const)(
    "that asks for a %s of %d is refused by name, and not taken for another one",
    (field, value) => {
      const turn_detection = { type: "server_vad", [field]: value };
      const session = { type: "realtime", audio: { input: { turn_detection } } };
      expect(readClientEvent(JSON.stringify({ type: "session.update", session }), false)).toMatchObject({
        error: { details: { code: "invalid_value", param: `session.audio.input.turn_detection.${field}` } },
      });
    },
  );

  test("that nests deeper than can be written again is refused, not thrown at everybody", () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    const json = `{"type":"session.update","session":{"type":"realtime","prompt":${deep}}}`;
    expect(readClientEvent(json, false)).toMatchObject({ error: { details: { param: "session.prompt" } } });
  });

  test("leaves a session valid, or settings that were taken could not be told again", () => {
    const config = initialConfig(testConfig(), new URLSearchParams());
    fc.assert(
      fc.property(events, (json) => {
        const { event } = readClientEvent(json, false);
        if (event?.type !== "session.update") return;
        const after = updated(config, event.session);
        expect(after.audio.input.format.type).toMatch(/^audio\//u);
        expect(after.output_modalities).toHaveLength(1);
      }),
    );
  });

  test.each([
    ["no JSON", "{", { code: "invalid_json" }],
    ["an unknown type", '{"type":"dance"}', { code: "invalid_value", param: "type" }],
    ["no type", "{}", { code: "invalid_value", param: "type" }],
    [
      "a missing field",
      '{"type":"conversation.item.delete"}',
      { code: "missing_required_parameter", param: "item_id" },
    ],
    [
      "an unknown format",
      '{"type":"session.update","session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/mp3"}}}}}',
      { code: "invalid_value", param: "session.audio.input.format.type" },
    ],
    [
      "both modalities",
      '{"type":"session.update","session":{"type":"realtime","output_modalities":["text","audio"]}}',
      { code: "invalid_value", param: "session.output_modalities" },
    ],
  ])("with %s is refused by name", (_, json, details) => {
    const read = readClientEvent(json, false);
    expect(read.event === undefined && read.error.details).toMatchObject({
      type: "invalid_request_error",
      ...details,
    });
  });
});

describe("settings", () => {
  const update = (session: object) => {
    const { event } = readClientEvent(JSON.stringify({ type: "session.update", session }), false);
    if (event?.type !== "session.update") throw new Error("refused");
    return event.session;
  };

  test("change only where they are said, and null takes turn detection away", () => {
    const before = initialConfig(testConfig(), new URLSearchParams("model=mine"));
    const after = updated(before, update({ type: "realtime", audio: { input: { turn_detection: null } } }));
    expect(after).toEqual({
      ...before,
      audio: { ...before.audio, input: { ...before.audio.input, turn_detection: null } },
    });
  });

  test("are told to the beta in its own words and read back the same", () => {
    const config = initialConfig(testConfig(), new URLSearchParams());
    const told = toBetaEvent({ type: "session.updated", session: config });
    expect(told?.["session"]).toMatchObject({
      object: "realtime.session",
      modalities: ["text", "audio"],
      input_audio_format: "pcm16",
      output_audio_format: "pcm16",
      max_response_output_tokens: "inf",
      turn_detection: { type: "server_vad" },
    });
    const session = {
      ...(told?.["session"] as object),
      input_audio_format: "g711_alaw",
      modalities: ["text"],
    };
    const { event } = readClientEvent(JSON.stringify({ type: "session.update", session }), true);
    const again = event?.type === "session.update" ? updated(config, event.session) : undefined;
    expect(again).toMatchObject({
      output_modalities: ["text"],
      audio: { input: { format: { type: "audio/pcma" } }, output: config.audio.output },
    });
  });
});
