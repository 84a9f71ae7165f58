import { crc32, deflateSync } from "node:zlib";

import sharp from "sharp";

import { ConversationClient } from "../../src/client/conversation-client.ts";
import { systemClock } from "../../src/clock.ts";
import type { ErrorCode } from "../../streaming/index.ts";
import { type BenchOptions, pause } from "../bench.ts";
import { LIMITS } from "../limits.ts";
import { single } from "../report.ts";
import { ServerProgram } from "../server-program.ts";
import type { Photo } from "./eyes.ts";
import type { Part } from "./vision.ts";

/** What is sent as a picture and is none, or none that is wanted. */
export interface BadPicture {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What it is refused with. */
  readonly code: ErrorCode;
}

const SCREEN = { width: 1280, height: 720 } as const;
const GREY = { channels: 3, background: { r: 90, g: 120, b: 150 } } as const;
const WIDE_SIDE = 20_000;
const HUGE_SIDE = 16_000;

/** Each smaller than the largest message that a server takes. */
export async function makeBadPictures(photo: Uint8Array): Promise<readonly BadPicture[]> {
  const jpeg = await sharp(photo)
    .resize({ ...SCREEN, fit: "cover" })
    .jpeg()
    .toBuffer();
  const wide = await sharp({ create: { width: WIDE_SIDE, height: 8, ...GREY } })
    .png()
    .toBuffer();
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
  return [
    { name: "half a JPEG", bytes: jpeg.subarray(0, jpeg.length / 2), code: "picture-unreadable" },
    { name: "a PNG 20,000 wide", bytes: wide, code: "picture-too-large" },
    { name: "a PNG of 16,000 x 16,000", bytes: emptyPng(HUGE_SIDE), code: "picture-too-large" },
    { name: "200 kB of zeros", bytes: new Uint8Array(200_000), code: "picture-format" },
    { name: "an SVG", bytes: Buffer.from(svg), code: "picture-format" },
  ];
}

/** A square PNG of black and white pixels, all black, which packs a thousand to one. */
function emptyPng(side: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1; // bits of a grey pixel
  const rows = new Uint8Array(side * (1 + Math.ceil(side / 8)));
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(rows, { level: 1 })),
    pngChunk("IEND", new Uint8Array()),
  ]);
}

function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body) >>> 0, 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** Part of every figure of the event loop: how often it is looked at, in ms. */
const TIMER_MS = 10;
/** The first one waits until the networks are loaded. */
const PATIENCE_MS = 60_000;
/** In which what comes after the refusal would show. */
const AFTERMATH_MS = 500;

/** How long bad pictures keep the server's main thread, on which the voice depends, from anything else. */
export async function measureBadPictures(
  photos: readonly Photo[],
  { pack, signal, note }: BenchOptions,
): Promise<Part> {
  const [photo] = photos;
  if (photo === undefined) return { figures: [], notes: [], details: [] };
  const pictures = await makeBadPictures(photo.bytes);
  const server = await ServerProgram.start(pack, signal);
  try {
    note(`sending ${pictures.length} bad pictures`);
    for (const picture of pictures.slice(0, 1)) await send(picture, server, signal); // loads the networks
    const quiet = await send(undefined, server, signal);
    const sent = [];
    for (const picture of pictures) sent.push({ ...picture, ...(await send(picture, server, signal)) });
    return {
      figures: [
        single("main thread busy at a time, nothing sent", "ms", quiet.busyMs),
        ...sent.map(({ name, busyMs }) => single(`  ${name}`, "ms", busyMs, LIMITS.badPicture[pack])),
      ],
      notes: sent
        .filter(({ code, told }) => told !== code)
        .map(({ name, code, told }) => `${name} was answered with ${told}, not ${code}`),
      details: sent.map(({ bytes, ...rest }) => ({ ...rest, byteLength: bytes.length })),
    };
  } finally {
    await server.stop();
  }
}

/** Sends one, or none, in a conversation of its own, since the same refusal is told once in a while only. */
async function send(picture: BadPicture | undefined, server: ServerProgram, signal: AbortSignal) {
  const told: string[] = [];
  const client = await ConversationClient.open({
    url: server.url,
    sampleRate: 24_000,
    clock: systemClock,
    signal,
    onMessage: (message) => {
      if (message.type === "error") told.push(message.code);
    },
    onClose: (error) => {
      if (error !== undefined) told.push(error.code);
    },
  });
  try {
    await server.eventLoop(signal); // which begins a new count
    if (picture !== undefined) client.sendPicture(picture.bytes);
    const startMs = systemClock.nowMs();
    const isAwaited = (): boolean => picture !== undefined && told.length === 0;
    while (isAwaited() && systemClock.nowMs() - startMs < PATIENCE_MS) await pause(20, signal);
    await pause(AFTERMATH_MS, signal);
    const { maxMs } = await server.eventLoop(signal);
    return { told: told[0] ?? "nothing", busyMs: Math.max(0, maxMs - TIMER_MS) };
  } finally {
    await client.close();
  }
}
