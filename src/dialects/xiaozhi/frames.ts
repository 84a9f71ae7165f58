import { AntiphonError } from "../../../streaming/index.ts";

/** How a board wraps its binary messages: 1 is a bare Opus packet, 2 and 3 have headers. */
export type BinaryVersion = 1 | 2 | 3;

/** What a binary message holds; version 2 may carry JSON text, too. */
export interface DeviceFrame {
  readonly kind: "audio" | "json";
  readonly payload: Uint8Array;
}

/** Version 2: u16 version · u16 type · u32 reserved · u32 timestamp in ms · u32 size. Version 3: u8 type · u8 reserved · u16 size. */
const HEADER_BYTES = { 1: 0, 2: 16, 3: 4 } as const;
const JSON_TYPE = 1;

/** The version that a board's header or greeting names; undefined for one that is not spoken here. */
export function binaryVersionOf(version: unknown): BinaryVersion | undefined {
  const number = Number(version);
  return number === 1 || number === 2 || number === 3 ? number : undefined;
}

/**
 * A packet of sound as a board takes it, all integers big-endian (`main/protocols/protocol.h` of 78/xiaozhi-esp32).
 * @param timestampMs - where the packet lies in the answer; boards that cancel echo on a server send it back.
 */
export function encodeAudio(version: BinaryVersion, payload: Uint8Array, timestampMs: number): Uint8Array {
  const header = HEADER_BYTES[version];
  if (header === 0) return payload;
  const bytes = new Uint8Array(header + payload.length);
  const view = new DataView(bytes.buffer);
  if (version === 2) {
    view.setUint16(0, version);
    view.setUint32(8, timestampMs);
    view.setUint32(12, payload.length);
  } else view.setUint16(2, payload.length);
  bytes.set(payload, header);
  return bytes;
}

/**
 * Reads a board's binary message. The payload is a view of `bytes`.
 * @throws AntiphonError `frame-invalid`.
 */
export function decodeDeviceFrame(version: BinaryVersion, bytes: Uint8Array): DeviceFrame {
  if (version === 1) return { kind: "audio", payload: bytes };
  const header = HEADER_BYTES[version];
  if (bytes.length < header) {
    throw new AntiphonError("frame-invalid", `a frame of version ${version} has at least ${header} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (version === 2 && view.getUint16(0) !== 2) {
    throw new AntiphonError("frame-invalid", `the frame says version ${view.getUint16(0)}, 2 was agreed`);
  }
  const size = version === 2 ? view.getUint32(12) : view.getUint16(2);
  if (size !== bytes.length - header) {
    throw new AntiphonError("frame-invalid", `the frame says ${size} bytes and has ${bytes.length - header}`);
  }
  const type = version === 2 ? view.getUint16(2) : view.getUint8(0);
  return { kind: type === JSON_TYPE ? "json" : "audio", payload: bytes.subarray(header) };
}
