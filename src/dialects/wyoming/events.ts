import { z } from "zod";

import { AntiphonError } from "../../../streaming/index.ts";

/** Of the protocol as the `wyoming` package speaks it; only told, never asked for. */
const WYOMING_VERSION = "1.10.2";

/** The longest of each part of an event; a second of 16 kHz sound is 32,000 bytes of payload. */
const LONGEST = { header: 65_536, data: 262_144, payload: 1_048_576 } as const;

const NEWLINE = 0x0a;
const NO_BYTES = new Uint8Array(0);

/** One event of the protocol, in either direction. */
export interface WyomingEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Bytes that are no JSON, such as sound; mostly none. */
  readonly payload: Uint8Array;
}

const headerSchema = z.object({
  type: z.string().min(1).max(100),
  data: z.record(z.string(), z.unknown()).nullish(),
  data_length: z.int().min(0).max(LONGEST.data).nullish(),
  payload_length: z.int().min(0).max(LONGEST.payload).nullish(),
});
const dataSchema = z.record(z.string(), z.unknown());

type Header = z.infer<typeof headerSchema>;

/** An event as bytes: a line of JSON, then its data, then its payload. */
export function encodeEvent(
  type: string,
  data: Readonly<Record<string, unknown>> = {},
  payload: Uint8Array = NO_BYTES,
): Buffer {
  const body = Buffer.from(Object.keys(data).length === 0 ? "" : JSON.stringify(data));
  const header = {
    type,
    version: WYOMING_VERSION,
    ...(body.length > 0 && { data_length: body.length }),
    ...(payload.length > 0 && { payload_length: payload.length }),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body, payload]);
}

/**
 * Cuts a stream of bytes into events, however the network has cut it. Keeps at most one event that is not complete, whose
 * length is bounded.
 */
export class EventReader {
  /** Bytes that are not yet part of an event. */
  #parts: Buffer[] = [];
  #length = 0;
  /** Of the event whose data or payload is still to come. */
  #header: Header | undefined;

  /** Whether an event has begun that is not complete. */
  get isWithinEvent(): boolean {
    return this.#length > 0 || this.#header !== undefined;
  }

  /**
   * The events that these bytes complete.
   * @throws AntiphonError `message-invalid` or `frame-too-large`; nothing can be read after that, since nobody knows where
   * the next event begins.
   */
  *push(bytes: Buffer): Generator<WyomingEvent> {
    let rest = bytes;
    while (rest.length > 0) {
      const wanted = this.#wanted(rest);
      const taken = rest.subarray(0, wanted);
      rest = rest.subarray(taken.length);
      this.#parts.push(taken);
      this.#length += taken.length;
      const event = this.#complete();
      if (event !== undefined) yield event;
    }
  }

  /** How many of the next bytes belong to what is being read: up to the line's end, or all that the header announced. */
  #wanted(next: Buffer): number {
    if (this.#header !== undefined) return lengthBehind(this.#header) - this.#length;
    const newline = next.indexOf(NEWLINE);
    const wanted = newline < 0 ? next.length : newline + 1;
    if (this.#length + wanted > LONGEST.header)
      throw new AntiphonError(
        "frame-too-large",
        `an event's first line is longer than ${LONGEST.header} bytes`,
      );
    return wanted;
  }

  #complete(): WyomingEvent | undefined {
    if (this.#header === undefined) {
      if (this.#parts.at(-1)?.at(-1) !== NEWLINE) return undefined;
      const header = parseHeader(this.#take());
      if (lengthBehind(header) === 0)
        return { type: header.type, data: header.data ?? {}, payload: NO_BYTES };
      this.#header = header;
      return undefined;
    }
    const header = this.#header;
    if (this.#length < lengthBehind(header)) return undefined;
    const body = this.#take();
    this.#header = undefined;
    const data = parseData(body.subarray(0, header.data_length ?? 0));
    return {
      type: header.type,
      data: { ...header.data, ...data },
      payload: body.subarray(header.data_length ?? 0),
    };
  }

  #take(): Buffer {
    const bytes = Buffer.concat(this.#parts, this.#length);
    this.#parts = [];
    this.#length = 0;
    return bytes;
  }
}

function lengthBehind({ data_length, payload_length }: Header): number {
  return (data_length ?? 0) + (payload_length ?? 0);
}

function parseHeader(line: Buffer): Header {
  const result = headerSchema.safeParse(parseJson(line));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const code = issue?.code === "too_big" ? "frame-too-large" : "message-invalid";
  throw new AntiphonError(code, `an event's header: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}

function parseData(bytes: Buffer): Record<string, unknown> {
  if (bytes.length === 0) return {};
  const result = dataSchema.safeParse(parseJson(bytes));
  if (result.success) return result.data;
  throw new AntiphonError("message-invalid", "an event's data is no JSON object");
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (cause) {
    throw new AntiphonError("message-invalid", "an event is not JSON where it should be", { cause });
  }
}
