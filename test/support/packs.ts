import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, onTestFinished } from "vitest";

import { Downloader, type DownloadTimings } from "../../models/packs/download.ts";
import type { FetchContext } from "../../models/packs/fetch-file.ts";
import type { FileSource, PackFile } from "../../models/packs/manifest.ts";
import { PackageStore } from "../../models/packs/package-store.ts";
import type { PackProgress } from "../../models/packs/progress.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export { temporaryFolder };

/** Retries without waiting, and gives up on silence quickly. */
export const FAST: Partial<DownloadTimings> = {
  connectTimeoutMs: 2_000,
  idleTimeoutMs: 300,
  firstPauseMs: 1,
  longestPauseMs: 2,
};

/** Bytes that look different everywhere, so that a wrong offset shows. */
export function patternBytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) * 7) & 255));
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function lockedFile(
  bytes: Uint8Array,
  sources: readonly FileSource[],
  name = "weights.bin",
): PackFile {
  return { role: "voice", name, license: "MIT", size: bytes.byteLength, sha256: sha256(bytes), sources };
}

export interface TestContext extends FetchContext {
  readonly events: PackProgress[];
}

/** What `fetchFile` needs, on an empty cache and a network that has only what the test starts. */
export async function fetchContext(
  overrides: Partial<FetchContext> & { hubEndpoint?: string; modelDirectories?: readonly string[] } = {},
): Promise<TestContext> {
  const home = await temporaryFolder();
  const events: PackProgress[] = [];
  const signal = overrides.signal ?? new AbortController().signal;
  return {
    environment: {
      home,
      modelDirectories: overrides.modelDirectories ?? [],
      hubEndpoint: overrides.hubEndpoint ?? "http://127.0.0.1:1",
      hubToken: undefined,
    },
    downloader: new Downloader(FAST),
    packages: new PackageStore(home, signal, 1),
    freeBytes: () => Promise.resolve(Number.MAX_SAFE_INTEGER),
    onProgress: (event) => events.push(event),
    events,
    ...overrides,
    signal,
  };
}

/** Answers one request; the bytes are the whole file that the server has. */
export type Answer = (request: IncomingMessage, response: ServerResponse, bytes: Buffer) => void;

/** Behaves as the Hub does: whole files, ranges from a start to the end, 416 beyond it. */
export const serveRange: Answer = (request, response, bytes) => {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (start >= bytes.byteLength) {
    response.writeHead(416, { "content-range": `bytes */${bytes.byteLength}` }).end();
    return;
  }
  const part = bytes.subarray(start);
  const range = { "content-range": `bytes ${start}-${bytes.byteLength - 1}/${bytes.byteLength}` };
  const isPart = request.headers.range !== undefined;
  response
    .writeHead(isPart ? 206 : 200, { "content-length": part.byteLength, ...(isPart && range) })
    .end(part);
};

/** Sends some bytes of what was asked, then cuts the connection. */
export function dropAfter(count: number): Answer {
  return (request, response, bytes) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const range = { "content-range": `bytes ${start}-${bytes.byteLength - 1}/${bytes.byteLength}` };
    const headers = { "content-length": bytes.byteLength - start, ...(start > 0 && range) };
    response.writeHead(start > 0 ? 206 : 200, headers);
    response.write(bytes.subarray(start, start + count), () => response.destroy());
  };
}

export function answerStatus(status: number, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, headers).end("no");
  };
}

/** A local web server with one file: plays the answers in turn, the last one for ever. */
export async function startServer(
  bytes: Buffer,
  answers: readonly Answer[],
): Promise<{ url: URL; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)] ?? serveRange;
    requests.push(request);
    answer(request, response, bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`http://127.0.0.1:${port}/`), requests };
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

/** Compares without printing megabytes. */
export function expectBytes(actual: Buffer, expected: Buffer): void {
  expect(actual.byteLength).toBe(expected.byteLength);
  expect(actual.equals(expected)).toBe(true);
}

/** A zip file whose members are stored as they are. Names are written unchecked: hostile ones too. */
export function zipOf(members: Readonly<Record<string, Uint8Array>>): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of Object.entries(members)) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.byteLength, 14);
    common.writeUInt32LE(bytes.byteLength, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), bytes]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const madeBy = Buffer.from([20, 0]);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02"), madeBy, common, place, Buffer.from(name)]));
    bodies.push(local);
    offset += local.byteLength;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(Buffer.concat(directory).byteLength, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, ...directory, Buffer.from("PK\x05\x06"), end]);
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
