import { AntiphonError } from "../../streaming/index.ts";

/**
 * Binary messages of protocol v1: a header of 12 bytes, little-endian, then the payload.
 *
 * | byte | type | meaning |
 * | ---- | ---- | ------- |
 * | 0    | u8   | kind |
 * | 1    | u8   | version of this header, 1 |
 * | 2    | u16  | reserved, 0 |
 * | 4    | u32  | turn (0 from the client: the server numbers turns) |
 * | 8    | u32  | timestamp of the payload's first sample, or of a picture's capture, in milliseconds |
 *
 * Kinds from 0x10 on are pictures: JPEG, PNG or WebP, as their first bytes say.
 */
const FRAME_KINDS = { "audio-in": 0x01, "audio-out": 0x02, "picture-in": 0x10 } as const;

export type FrameKind = keyof typeof FRAME_KINDS;

export const FRAME_HEADER_BYTES = 12;
const FRAME_VERSION = 1;
const KIND_NAMES = new Map<number, FrameKind>(
  Object.entries(FRAME_KINDS).map(([name, value]) => [value, name as FrameKind]),
);

export interface BinaryFrame {
  readonly kind: FrameKind;
  readonly turn: number;
  /**
   * In milliseconds. audio-in and picture-in: on the client's capture clock, wherever that begins; audio-out: from the
   * first sample of the turn's answer.
   */
  readonly timestampMs: number;
  readonly payload: Uint8Array;
}

/** Lays a frame out as bytes. Turn and timestamp wrap at 2^32. */
export function encodeFrame(frame: BinaryFrame): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + frame.payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, FRAME_KINDS[frame.kind]);
  view.setUint8(1, FRAME_VERSION);
  view.setUint32(4, frame.turn, true);
  view.setUint32(8, frame.timestampMs, true);
  bytes.set(frame.payload, FRAME_HEADER_BYTES);
  return bytes;
}

/** Whether a binary message says that it is a picture; the rest of its header may be wrong. */
export function isPictureFrame(bytes: Uint8Array): boolean {
  return bytes[0] === FRAME_KINDS["picture-in"];
}

/**
 * Reads a frame; the payload is a view into `bytes`.
 * @throws AntiphonError `frame-invalid`, whatever the bytes are.
 */
export function decodeFrame(bytes: Uint8Array): BinaryFrame {
  if (bytes.length <= FRAME_HEADER_BYTES) {
    throw new AntiphonError(
      "frame-invalid",
      `a frame needs more than ${FRAME_HEADER_BYTES} bytes, got ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = KIND_NAMES.get(view.getUint8(0));
  if (kind === undefined) throw new AntiphonError("frame-invalid", `unknown frame kind ${view.getUint8(0)}`);
  if (view.getUint8(1) !== FRAME_VERSION) {
    throw new AntiphonError("frame-invalid", `unknown frame version ${view.getUint8(1)}`);
  }
  if (view.getUint16(2, true) !== 0) throw new AntiphonError("frame-invalid", "the reserved bytes must be 0");
  return {
    kind,
    turn: view.getUint32(4, true),
    timestampMs: view.getUint32(8, true),
    payload: bytes.subarray(FRAME_HEADER_BYTES),
  };
}
