import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { openOpusDecoder, openOpusEncoder } from "../../../../audio/opus.ts";
import { Downlink, DOWNLINK_FORMAT } from "../../../../src/dialects/xiaozhi/downlink.ts";
import { Subtitles } from "../../../../src/dialects/xiaozhi/subtitles.ts";
import { Uplink } from "../../../../src/dialects/xiaozhi/uplink.ts";
import { OutgoingAudio } from "../../../../src/server/audio-codec.ts";
import { haveOpus } from "../../../support/opus.ts";

const RATE = 24_000;
const frame = (): { samples: Float32Array; sampleRate: number } => ({
  samples: new Float32Array(RATE / 50).fill(0.1),
  sampleRate: RATE,
});
const clock = { nowMs: () => Date.now(), sleep: () => Promise.resolve() };

describe.skipIf(!haveOpus)("the sound to a board (skipped where the Opus addon is missing)", () => {
  let sent: number[];
  let downlink: Downlink;

  beforeEach(async () => {
    const codec = await OutgoingAudio.open(DOWNLINK_FORMAT, RATE);
    vi.useFakeTimers();
    sent = [];
    downlink = new Downlink({ version: 1, codec, clock, send: () => sent.push(Date.now()) });
  });
  afterEach(() => {
    downlink.close();
    vi.useRealTimers();
  });

  it("waits until the board speaks: what comes sooner is thrown away there", () => {
    const startMs = Date.now();
    downlink.start();
    for (let index = 0; index < 9; index++) downlink.push(frame());
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(59);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sent.map((ms) => ms - startMs)).toEqual([60, 60, 60]);
    for (let index = 0; index < 3; index++) downlink.push(frame());
    expect(sent).toHaveLength(4);
  });

  it("keeps its order, and what follows the last packet comes behind it", () => {
    downlink.start();
    downlink.push(frame());
    let over = false;
    downlink.finish(() => (over = true));
    expect(over).toBe(false);
    vi.advanceTimersByTime(60);
    expect(sent).toHaveLength(1);
    expect(over).toBe(true);
    expect(downlink.sentMs).toBe(60);
  });

  it("does not keep half a packet back where no more comes for the moment", () => {
    downlink.start();
    vi.advanceTimersByTime(60);
    downlink.push(frame());
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(70);
    expect(sent).toHaveLength(1);
  });

  it("is gone at once when it is stopped", () => {
    downlink.start();
    for (let index = 0; index < 10; index++) downlink.push(frame());
    downlink.stop();
    vi.advanceTimersByTime(1000);
    expect(sent).toEqual([]);
  });

  it("begins again with something in hand after it was held", () => {
    downlink.start();
    vi.advanceTimersByTime(60);
    downlink.resume();
    for (let index = 0; index < 6; index++) downlink.push(frame());
    vi.advanceTimersByTime(119);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sent).toHaveLength(2);
  });
});

/** Time passes, and what is put off until everything that came has been read is done. */
function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
  vi.advanceTimersByTime(1);
}

describe.skipIf(!haveOpus)("the sound from a board (skipped where the Opus addon is missing)", () => {
  let heardMs: number;
  let uplink: Uplink;
  let packet: Uint8Array;

  beforeEach(async () => {
    const encoder = await openOpusEncoder(16_000, 60);
    packet = encoder.encode(new Float32Array(960).fill(0.1));
    const decoder = await openOpusDecoder(16_000);
    vi.useFakeTimers();
    heardMs = 0;
    uplink = new Uplink(decoder, (samples) => (heardMs += samples.length / 16));
  });
  afterEach(() => {
    uplink.stop();
    vi.useRealTimers();
  });

  it("is silence where none comes, so that turns end, but not for ever", () => {
    uplink.take(packet, () => undefined);
    pass(179);
    expect(heardMs).toBe(60);
    pass(1);
    expect(heardMs).toBe(240);
    pass(610); // ten packets, and a millisecond of the fake clock for each
    expect(heardMs).toBe(840);
    pass(60_000);
    expect(heardMs).toBeGreaterThan(4000);
    expect(heardMs).toBeLessThan(4200);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is nothing while the microphone is closed", () => {
    uplink.take(packet, () => undefined);
    uplink.stop();
    vi.advanceTimersByTime(10_000);
    expect(heardMs).toBe(60);
  });

  it("goes on behind a packet that is damaged or too much", () => {
    uplink.take(packet, () => undefined);
    expect(() => {
      uplink.take(new Uint8Array(2000), () => undefined);
    }).toThrow(/cannot have 2000 bytes/u);
    expect(heardMs).toBe(120);
    expect(() => {
      uplink.take(packet, () => {
        throw new Error("too much");
      });
    }).toThrow("too much");
    uplink.take(new Uint8Array(), () => undefined);
    uplink.take(packet, () => undefined);
    expect(heardMs).toBe(180);
  });
});

describe("the sentences on a board's screen", () => {
  const words = (...ends: (readonly [number, number])[]): { textEnd: number; endMs: number }[] =>
    ends.map(([textEnd, endMs]) => ({ textEnd, endMs }));

  it("come when they are about to be heard", () => {
    const subtitles = new Subtitles();
    subtitles.push("It is 3.5 km. Take ");
    subtitles.push("the bus! Or walk");
    expect(subtitles.due(0)).toEqual(["It is 3.5 km."]);
    expect(subtitles.due(5000)).toEqual([]);
    subtitles.time(words([2, 200], [5, 400], [9, 800], [12, 1000]));
    expect(subtitles.due(5000)).toEqual([]);
    subtitles.time(words([18, 1200], [22, 1400], [26, 1600]));
    expect(subtitles.due(900)).toEqual([]);
    expect(subtitles.due(1000)).toEqual(["Take the bus!"]);
    expect(subtitles.finish()).toEqual(["Or walk"]);
    expect(subtitles.finish()).toEqual([]);
  });

  it("come before they have been heard, though nothing is written after them", () => {
    const subtitles = new Subtitles();
    subtitles.push("It is 3.");
    expect(subtitles.due(0)).toEqual([]);
    subtitles.push("5 km.");
    subtitles.time(words([2, 200], [5, 400]));
    expect(subtitles.due(100)).toEqual([]);
    subtitles.time(words([9, 800], [12, 1000]));
    expect(subtitles.due(100)).toEqual(["It is 3.5 km."]);
    expect(subtitles.finish()).toEqual([]);
  });

  it("are none of an answer that was stopped", () => {
    const subtitles = new Subtitles();
    subtitles.push("One. Two. ");
    subtitles.due(0);
    subtitles.forget();
    subtitles.push("Three. ");
    expect(subtitles.due(0)).toEqual(["Three."]);
  });
});
