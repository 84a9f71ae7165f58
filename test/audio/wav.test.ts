import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { AudioError, readWav, readWavHeader, writeWav } from "../../audio/index.ts";

interface FileParts {
  readonly tag: number;
  readonly bits: number;
  readonly channelCount?: number;
  readonly data: Uint8Array;
  readonly claimedSize?: number;
  readonly extensible?: boolean;
  readonly before?: readonly Uint8Array[];
}

function chunk(tag: string, body: Uint8Array, claimedSize = body.length): Uint8Array {
  const bytes = new Uint8Array(8 + body.length + (body.length % 2));
  bytes.set(Buffer.from(tag));
  new DataView(bytes.buffer).setUint32(4, claimedSize, true);
  bytes.set(body, 8);
  return bytes;
}

function wavFile({
  tag,
  bits,
  channelCount = 1,
  data,
  claimedSize,
  extensible = false,
  before = [],
}: FileParts): Uint8Array {
  const format = new Uint8Array(extensible ? 40 : 16);
  const view = new DataView(format.buffer);
  view.setUint16(0, extensible ? 0xfffe : tag, true);
  view.setUint16(2, channelCount, true);
  view.setUint32(4, 16_000, true);
  view.setUint16(12, (channelCount * bits) / 8, true);
  view.setUint16(14, bits, true);
  if (extensible) view.setUint16(24, tag, true);
  const body = [Buffer.from("WAVE"), ...before, chunk("fmt ", format), chunk("data", data, claimedSize)];
  return Buffer.concat([Buffer.from("RIFF\0\0\0\0"), ...body]);
}

const expected = [0, 0.5, -0.5, -1];
const encodings: readonly (readonly [string, number, number, Uint8Array])[] = [
  ["8-bit", 1, 8, Uint8Array.of(128, 192, 64, 0)],
  ["16-bit", 1, 16, new Uint8Array(Int16Array.of(0, 2 ** 14, -(2 ** 14), -(2 ** 15)).buffer)],
  ["24-bit", 1, 24, Uint8Array.of(0, 0, 0, 0, 0, 0x40, 0, 0, 0xc0, 0, 0, 0x80)],
  ["32-bit", 1, 32, new Uint8Array(Int32Array.of(0, 2 ** 30, -(2 ** 30), -(2 ** 31)).buffer)],
  ["float", 3, 32, new Uint8Array(Float32Array.from(expected).buffer)],
  ["double", 3, 64, new Uint8Array(Float64Array.from(expected).buffer)],
];

describe("readWav", () => {
  test.each(encodings)("reads %s samples, plain and extensible", (_, tag, bits, data) => {
    for (const extensible of [false, true]) {
      const { sampleRate, channels } = readWav(wavFile({ tag, bits, data, extensible }));
      expect(sampleRate).toBe(16_000);
      expect(channels.map((channel) => [...channel])).toEqual([expected]);
    }
  });

  test("keeps channels apart", () => {
    const [, tag, bits, data] = encodings[1]!;
    const { channels } = readWav(wavFile({ tag, bits, channelCount: 2, data }));
    expect(channels.map((channel) => [...channel])).toEqual([[0, -0.5], [0.5, -1]]); // prettier-ignore
  });

  test("skips chunks that it does not know, also those of odd length", () => {
    const [, tag, bits, data] = encodings[1]!;
    const before = [chunk("LIST", new Uint8Array(7)), chunk("bext", new Uint8Array(10))];
    expect([...readWav(wavFile({ tag, bits, data, before })).channels[0]!]).toEqual(expected);
  });

  test.each([4_000, 0xffffffff])(
    "reads what is there where %i bytes are claimed, as stopped recorders do",
    (claimedSize) => {
      const [, tag, bits, data] = encodings[1]!;
      const cut = wavFile({ tag, bits, data, claimedSize }).subarray(0, -1);
      expect([...readWav(cut).channels[0]!]).toEqual(expected.slice(0, 3));
    },
  );

  test("reads NaN and infinities of float files as silence", () => {
    const data = new Uint8Array(Float32Array.of(NaN, Infinity, -Infinity, 1).buffer);
    expect([...readWav(wavFile({ tag: 3, bits: 32, data })).channels[0]!]).toEqual([0, 0, 0, 1]);
  });

  test.each([
    ["another compression", wavFile({ tag: 2, bits: 16, data: new Uint8Array(4) })],
    ["an odd number of bits", wavFile({ tag: 1, bits: 12, data: new Uint8Array(4) })],
    ["no channels", wavFile({ tag: 1, bits: 16, channelCount: 0, data: new Uint8Array(4) })],
    ["nothing but a header", Buffer.from("RIFF\0\0\0\0WAVE")],
    ["no format", Buffer.concat([Buffer.from("RIFF\0\0\0\0WAVE"), chunk("data", new Uint8Array(4))])],
    ["nothing", new Uint8Array(0)],
  ])("refuses %s with a typed error", (_, bytes) => {
    expect(() => readWav(bytes)).toThrow(expect.objectContaining({ code: "audio-unreadable" }));
  });

  test("never fails but with a typed error, whatever the bytes", () => {
    const file = wavFile({ tag: 1, bits: 16, data: new Uint8Array(16) });
    const change = fc.record({ at: fc.nat(file.length - 1), value: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.nat(file.length), (changes, length) => {
        const bytes = Uint8Array.from(file.subarray(0, length));
        for (const { at, value } of changes) bytes[at] = value;
        try {
          const { frames, channelCount } = readWavHeader(bytes);
          expect(frames * channelCount).toBeLessThanOrEqual(bytes.length);
          readWav(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(AudioError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("writeWav", () => {
  test("writes what readWav reads, mono and stereo", () => {
    const step = fc.integer({ min: -32768, max: 32767 }).map((value) => value / 32768);
    const frames = fc.array(fc.tuple(step, step), { maxLength: 50 });
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 2 }), (samples, channelCount) => {
        const channels = [0, 1]
          .slice(0, channelCount)
          .map((side) => Float32Array.from(samples, (pair) => pair[side]!));
        expect(readWav(writeWav({ sampleRate: 24_000, channels }))).toEqual({ sampleRate: 24_000, channels });
      }),
    );
  });

  test("refuses channels of different lengths, or the sides drift apart", () => {
    const channels = [new Float32Array(2), new Float32Array(3)];
    expect(() => writeWav({ sampleRate: 16_000, channels })).toThrow(
      expect.objectContaining({ code: "audio-channels" }),
    );
    expect(() => writeWav({ sampleRate: 16_000, channels: [] })).toThrow(AudioError);
  });
});
