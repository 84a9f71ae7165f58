import { afterEach, expect, test, vi } from "vitest";

import { canEncodeOpus, opusUplink, pcmUplink } from "../../web/client/uplink.ts";

interface Callbacks {
  readonly output: (chunk: {
    readonly duration: number | null;
    readonly byteLength: number;
    copyTo: (to: Uint8Array) => void;
  }) => void;
  readonly error: () => void;
}

/** A browser's encoder that hands packets over when the test says so. */
class FakeEncoder {
  static last: FakeEncoder;
  state = "unconfigured";
  encoded = 0;
  encodeQueueSize = 0;
  readonly #callbacks: Callbacks;

  static isConfigSupported = vi.fn(() => Promise.resolve({ supported: true }));

  constructor(callbacks: Callbacks) {
    this.#callbacks = callbacks;
    FakeEncoder.last = this;
  }

  configure(): void {
    this.state = "configured";
  }

  encode(): void {
    this.encoded += 1;
  }

  close(): void {
    this.state = "closed";
  }

  handOver(byte: number, duration: number | null = 20_000): void {
    this.#callbacks.output({
      duration,
      byteLength: 1,
      copyTo: (to) => {
        to[0] = byte;
      },
    });
  }

  fail(): void {
    this.state = "closed";
    this.#callbacks.error();
  }
}

const frame = new Float32Array(320);
const never = (): void => undefined;

afterEach(() => {
  vi.unstubAllGlobals();
});

function withEncoder(): void {
  vi.stubGlobal("AudioEncoder", FakeEncoder);
  vi.stubGlobal(
    "AudioData",
    class {
      close = never;
    },
  );
}

test("a browser without an encoder sends plain samples instead of failing", async () => {
  expect(await canEncodeOpus()).toBe(false);
  const send = vi.fn();
  pcmUplink(send).push(Float32Array.of(0.5, -1), 40);
  expect(send).toHaveBeenCalledExactlyOnceWith(new Uint8Array([0, 64, 0, 128]), 40);
});

test("an encoder that refuses our frames is not used", async () => {
  withEncoder();
  expect(await canEncodeOpus()).toBe(true);
  FakeEncoder.isConfigSupported.mockResolvedValueOnce({ supported: false });
  expect(await canEncodeOpus()).toBe(false);
  FakeEncoder.isConfigSupported.mockRejectedValueOnce(new TypeError("what is opus?"));
  expect(await canEncodeOpus()).toBe(false);
});

test("packets keep the times of their frames, across frames that were never captured", () => {
  withEncoder();
  const send = vi.fn();
  const uplink = opusUplink(send, never);
  for (const timestampMs of [0, 20, 700]) uplink.push(frame, timestampMs);
  for (const byte of [1, 2, 3]) FakeEncoder.last.handOver(byte);
  expect(send.mock.calls).toEqual([
    [new Uint8Array([1]), 0],
    [new Uint8Array([2]), 20],
    [new Uint8Array([3]), 700],
  ]);
});

test("an encoder that is a second behind gets no more until it has caught up", () => {
  withEncoder();
  const send = vi.fn();
  const uplink = opusUplink(send, never);
  expect(uplink.push(frame, 0)).toBe(true);
  FakeEncoder.last.encodeQueueSize = 50;
  expect(uplink.push(frame, 20)).toBe(false);
  FakeEncoder.last.encodeQueueSize = 49;
  expect(uplink.push(frame, 40)).toBe(true);
  for (const byte of [1, 2]) FakeEncoder.last.handOver(byte);
  expect(send.mock.calls.map(([, timestampMs]: unknown[]) => timestampMs)).toEqual([0, 40]);
});

test("an encoder that breaks says so once, and what is said afterwards harms nobody", () => {
  withEncoder();
  const onFailure = vi.fn();
  const uplink = opusUplink(never, onFailure);
  FakeEncoder.last.fail();
  uplink.push(frame, 0);
  uplink.close();
  expect(FakeEncoder.last.encoded).toBe(0);
  expect(onFailure).toHaveBeenCalledOnce();
});

test("an encoder that makes longer packets than was agreed is given up, before the server hears of them", () => {
  withEncoder();
  const send = vi.fn();
  const onFailure = vi.fn();
  const uplink = opusUplink(send, onFailure);
  for (const timestampMs of [0, 20, 40]) uplink.push(frame, timestampMs);
  FakeEncoder.last.handOver(1, null); // not every browser says how long they are
  FakeEncoder.last.handOver(2, 60_000);
  FakeEncoder.last.handOver(3, 20_000);
  expect(send).toHaveBeenCalledExactlyOnceWith(new Uint8Array([1]), 0);
  expect(onFailure).toHaveBeenCalledOnce();
  expect(uplink.push(frame, 60)).toBe(false);
});

test("an encoder that has nothing to be fed with is not used", async () => {
  vi.stubGlobal("AudioEncoder", FakeEncoder);
  vi.stubGlobal("AudioData", undefined);
  expect(await canEncodeOpus()).toBe(false);
});
