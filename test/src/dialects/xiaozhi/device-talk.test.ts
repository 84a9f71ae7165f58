import { expect, test } from "vitest";

import type { SessionEvent } from "../../../../streaming/index.ts";
import { DeviceTalk, type DeviceTalkOptions } from "../../../../src/dialects/xiaozhi/device-talk.ts";
import type { ListenMode } from "../../../../src/dialects/xiaozhi/messages.ts";

/** A board that listens in this mode, and how many of its packets were heard; its microphone stays open. */
function listening(mode: ListenMode) {
  const heard: Uint8Array[] = [];
  const pushed: string[] = [];
  let stops = 0;
  const nothing = (): void => undefined;
  const talk = new DeviceTalk({
    conversation: { push: ({ type }: { readonly type: string }) => pushed.push(type) },
    outbox: { send: nothing },
    metrics: { countTurn: nothing },
    uplink: { take: (packet: Uint8Array) => heard.push(packet), stop: () => (stops += 1) },
    downlink: {
      sentMs: 1000,
      start: nothing,
      stop: nothing,
      finish: (then: () => void) => {
        then();
      },
    },
    isWakeWord: () => false,
  } as unknown as DeviceTalkOptions);
  talk.obey({ type: "listen", state: "start", mode });
  pushed.length = 0;
  return { talk, heard, pushed, stops: () => stops };
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

// A board that closes its microphone to speak never says that its button was let go: timers would wait for that, and the next
// press would take back a turn that nobody speaks any more.
test.each([
  ["manual", 5, ["clear"]],
  ["manual", 6, []],
  ["realtime", 0, []],
] as const)(
  "in mode %s, %d packets into a second of an answer that comes while it listens, then it is told: %j",
  (mode, packets, told) => {
    const { talk, heard, pushed } = listening(mode);
    answer(talk, packets);
    talk.deliver(END);
    expect(pushed).toEqual(told);
    talk.hear(new Uint8Array(1), () => undefined);
    expect(heard).toHaveLength(packets + 1);
  },
);

test("a board that stops an answer is idle after it, too, unless its button has been pressed for that", () => {
  const { talk, pushed } = listening("manual");
  answer(talk, 0);
  talk.obey({ type: "abort" });
  expect(pushed).toEqual(["interrupt", "clear"]);
  talk.obey({ type: "listen", state: "start", mode: "manual" });
  answer(talk, 0);
  talk.obey({ type: "listen", state: "start", mode: "manual" });
  pushed.length = 0;
  talk.deliver(END);
  expect(pushed).toEqual([]);
});

const END = {
  type: "answer-end",
  turn: 1,
  outcome: "completed",
  text: "",
  timings: {},
} as unknown as SessionEvent;

/** An answer begins, into which so many packets come. */
function answer(talk: DeviceTalk, packets: number): void {
  talk.deliver({ type: "answer-start", turn: 1, seat: 0 });
  for (let packet = 0; packet < packets; packet += 1) talk.hear(new Uint8Array(1), () => undefined);
}
