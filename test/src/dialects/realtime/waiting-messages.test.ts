import { expect, test } from "vitest";

import { isPerhapsCancel } from "../../../../src/dialects/realtime/client-events.ts";
import { MAX_PAYLOAD_BYTES } from "../../../../src/dialects/realtime/handshake.ts";
import { toBuffer, WaitingMessages } from "../../../../src/dialects/realtime/waiting-messages.ts";

test("messages come back in order, and there is room again for as much as was taken", () => {
  const waiting = new WaitingMessages();
  for (const json of ["a", "b", "c"]) waiting.push({ json, byteLength: MAX_PAYLOAD_BYTES });
  expect(waiting.shift()).toBe("a");
  waiting.push({ json: "d", byteLength: 1 });
  expect([waiting.shift(), waiting.shift(), waiting.shift()]).toEqual(["b", "c", "d"]);
  expect(waiting.shift()).toBeUndefined();
});

test("too much that waits is a strike: a client that goes on has to be shown out", () => {
  const waiting = new WaitingMessages();
  for (const json of ["a", "b", "c"]) waiting.push({ json, byteLength: MAX_PAYLOAD_BYTES });
  expect(() => {
    waiting.push({ json: "d", byteLength: 1 });
  }).toThrow(expect.objectContaining({ code: "rate-exceeded" }));
});

test("only what may be a cancel is read out of turn, never a long message for nothing", () => {
  expect(isPerhapsCancel(JSON.stringify({ type: "response.cancel", event_id: "x".repeat(512) }))).toBe(true);
  expect(isPerhapsCancel(JSON.stringify({ type: "input_audio_buffer.append", audio: "AAAA" }))).toBe(false);
  expect(isPerhapsCancel(`"response.cancel${"x".repeat(10_000)}"`)).toBe(false);
});

test("a message in fragments is one", () => {
  expect(toBuffer([Buffer.from("ab"), Buffer.from("c")]).toString()).toBe("abc");
});
