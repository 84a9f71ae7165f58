import fc from "fast-check";
import { expect, test } from "vitest";

import { encodeEvent, EventReader, type WyomingEvent } from "../../../../src/dialects/wyoming/events.ts";
import { parseEvent } from "../../../../src/dialects/wyoming/messages.ts";
import { AntiphonError } from "../../../../streaming/index.ts";

const json = fc.dictionary(
  fc.string().filter((key) => key !== "__proto__"),
  fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
);
const event = fc.record({
  type: fc.string({ minLength: 1, maxLength: 50 }),
  data: json,
  payload: fc.uint8Array({ maxLength: 500 }),
});

/** The bytes in pieces, cut at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

function readAll(pieces: readonly Buffer[]): WyomingEvent[] {
  const reader = new EventReader();
  return pieces.flatMap((piece) => [...reader.push(piece)]);
}

test("events survive the network, however it cuts them", () => {
  fc.assert(
    fc.property(fc.array(event), fc.array(fc.nat()), (events, places) => {
      const bytes = Buffer.concat(events.map(({ type, data, payload }) => encodeEvent(type, data, payload)));
      const read = readAll(cut(bytes, places));
      expect(read.map(({ type, data, payload }) => ({ type, data, payload: [...payload] }))).toEqual(
        events.map(({ type, data, payload }) => ({
          type,
          data: JSON.parse(JSON.stringify(data)) as object,
          payload: [...payload],
        })),
      );
    }),
  );
});

test("whatever bytes come, they are events or refused with a code, and nothing is kept beyond the bounds", () => {
  const almost = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.jsonValue(), fc.uint8Array({ maxLength: 50 }))
      .map(([value, rest]) => Buffer.concat([Buffer.from(`${JSON.stringify(value)}\n`), rest])),
    fc
      .record({
        type: fc.string(),
        data: fc.jsonValue(),
        data_length: fc.jsonValue(),
        payload_length: fc.integer(),
      })
      .map((header) => Buffer.from(`${JSON.stringify(header)}\n{}`)),
  );
  fc.assert(
    fc.property(fc.array(almost), (pieces) => {
      try {
        for (const read of readAll(pieces)) parseEvent(read);
      } catch (error) {
        expect(error).toBeInstanceOf(AntiphonError);
        expect(["message-invalid", "frame-too-large"]).toContain((error as AntiphonError).code);
      }
    }),
  );
});

test("data inside the header and behind it are one, as old clients send it", () => {
  const bytes = Buffer.from('{"type":"x","data":{"a":1,"b":1},"data_length":7}\n{"b":2}{"type":"y"}\n');
  expect(readAll([bytes])).toMatchObject([
    { type: "x", data: { a: 1, b: 2 } },
    { type: "y", data: {} },
  ]);
});

test.each([
  ["a line without an end", Buffer.alloc(70_000, "x"), "frame-too-large"],
  ["a payload of gigabytes", Buffer.from('{"type":"x","payload_length":5000000000}\n'), "frame-too-large"],
  ["a negative length", Buffer.from('{"type":"x","data_length":-1}\n'), "message-invalid"],
  ["half a length", Buffer.from('{"type":"x","data_length":1.5}\n'), "message-invalid"],
  ["no type", Buffer.from("{}\n"), "message-invalid"],
  ["data that is a list", Buffer.from('{"type":"x","data_length":2}\n[]'), "message-invalid"],
])("%s is refused as soon as it is known", (_name, bytes, code) => {
  expect(() => readAll([bytes])).toThrow(expect.objectContaining({ code }) as Error);
});

test("a byte at a time costs no more than its event: the reader does not copy what it holds with each one", () => {
  const reader = new EventReader();
  const bytes = encodeEvent("audio-chunk", { rate: 16_000, width: 2, channels: 1 }, new Uint8Array(200_000));
  const read: WyomingEvent[] = [];
  for (let at = 0; at < bytes.length; at++) read.push(...reader.push(bytes.subarray(at, at + 1)));
  expect(read).toHaveLength(1);
  expect(reader.isWithinEvent).toBe(false);
});

test("types of others are passed over; wrong data of known ones is named", () => {
  expect(parseEvent({ type: "run-satellite", data: {}, payload: new Uint8Array(0) })).toBeUndefined();
  expect(parseEvent({ type: "constructor", data: {}, payload: new Uint8Array(0) })).toBeUndefined();
  const eightBit = {
    type: "audio-start",
    data: { rate: 16_000, width: 1, channels: 1 },
    payload: new Uint8Array(0),
  };
  expect(() => parseEvent(eightBit)).toThrow("audio-start: width only 16-bit samples");
});
