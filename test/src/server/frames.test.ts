import fc from "fast-check";
import { expect, test } from "vitest";

import { decodeFrame, encodeFrame, type FrameKind } from "../../../src/server/frames.ts";
import { AntiphonError } from "../../../streaming/index.ts";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const frame = fc.record({
  kind: fc.constantFrom<FrameKind>("audio-in", "audio-out", "picture-in"),
  turn: u32,
  timestampMs: u32,
  payload: fc.uint8Array({ minLength: 1, maxLength: 2000 }),
});

test("what is encoded is decoded again, also from the middle of a larger buffer", () => {
  fc.assert(
    fc.property(frame, fc.nat(7), (original, offset) => {
      const bytes = encodeFrame(original);
      const larger = new Uint8Array(bytes.length + offset);
      larger.set(bytes, offset);
      expect(decodeFrame(larger.subarray(offset))).toEqual(original);
    }),
  );
});

test("the layout is the documented one, byte for byte", () => {
  const bytes = encodeFrame({
    kind: "audio-out",
    turn: 0x01020304,
    timestampMs: 20,
    payload: Uint8Array.of(7, 8),
  });
  expect([...bytes]).toEqual([2, 1, 0, 0, 4, 3, 2, 1, 20, 0, 0, 0, 7, 8]);
});

test("garbage never throws anything but frame-invalid", () => {
  const nearlyValid = fc
    .tuple(frame, fc.nat(15), fc.nat(255), fc.nat(20))
    .map(([original, position, value, length]) => {
      const bytes = encodeFrame(original);
      bytes[position] = value;
      return bytes.subarray(0, length);
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), nearlyValid), (bytes) => {
      try {
        expect(decodeFrame(bytes).payload.length).toBe(bytes.length - 12);
      } catch (error) {
        expect(error).toBeInstanceOf(AntiphonError);
        expect((error as AntiphonError).code).toBe("frame-invalid");
      }
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["no payload", [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ["an unknown kind", [9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
  ["another version", [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
  ["reserved bits", [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
])("a frame with %s is refused", (_, bytes) => {
  expect(() => decodeFrame(Uint8Array.from(bytes))).toThrow(
    expect.objectContaining({ code: "frame-invalid" }),
  );
});
