import { expect, test } from "vitest";

import { DeviceTalk, type DeviceTalkOptions } from "../../../../src/dialects/xiaozhi/device-talk.ts";
import type { ListenMode } from "../../../../src/dialects/xiaozhi/messages.ts";

/** A board that listens in this mode, and how many of its packets were heard; its microphone stays open. */
function listening(mode: ListenMode) {
  const heard: Uint8Array[] = [];
  let stops = 0;
  const nothing = (): void => undefined;
  const talk = new DeviceTalk({
    conversation: { push: nothing },
    outbox: { send: nothing },
    uplink: { take: (packet: Uint8Array) => heard.push(packet), stop: () => (stops += 1) },
    downlink: { start: nothing },
    isWakeWord: () => false,
  } as unknown as DeviceTalkOptions);
  talk.obey({ type: "listen", state: "start", mode });
  return { talk, heard, stops: () => stops };
}

// Who holds a button and goes on speaking while an answer begins would have the rest of their turn thrown away.
test.each([
  ["auto", 0],
  ["manual", 1],
  ["realtime", 1],
] as const)("in mode %s, packets heard of one that comes into an answer: %d", (mode, heardPackets) => {
  const { talk, heard, stops } = listening(mode);
  talk.deliver({ type: "answer-start", turn: 1, seat: 0 });
  talk.hear(new Uint8Array(1), () => undefined);
  expect(heard).toHaveLength(heardPackets);
  expect(stops()).toBe(1 - heardPackets);
});
