import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, onTestFinished, test } from "vitest";

import { Downloader } from "../../../models/packs/download.ts";
import {
  answerStatus,
  collect,
  dropAfter,
  expectBytes,
  FAST,
  patternBytes,
  serveRange,
  startServer,
  type Answer,
} from "../../support/packs.ts";

const bytes = patternBytes(100_000);
const request = { offset: 0, size: bytes.byteLength, token: undefined, signal: new AbortController().signal };

test("a whole file comes as it is", async () => {
  const { url } = await startServer(bytes, [serveRange]);
  expectBytes(await collect(new Downloader(FAST).read(url, request)), bytes);
});

test("a download goes on from where it was interrupted", async () => {
  const { url, requests } = await startServer(bytes, [serveRange]);
  expect(await collect(new Downloader(FAST).read(url, { ...request, offset: 70_000 }))).toEqual(
    bytes.subarray(70_000),
  );
  expect(requests[0]?.headers.range).toBe("bytes=70000-");
});

test("a connection that drops again and again still brings every byte once", async () => {
  const { url, requests } = await startServer(bytes, [
    dropAfter(30_000),
    dropAfter(1),
    dropAfter(20_000),
    serveRange,
  ]);
  expectBytes(await collect(new Downloader(FAST).read(url, request)), bytes);
  expect(requests.map((each) => each.headers.range)).toEqual([
    undefined,
    "bytes=30000-",
    "bytes=30001-",
    "bytes=50001-",
  ]);
});

test("a server that ignores ranges does not make bytes appear twice", async () => {
  const whole: Answer = (_request, response) => response.end(bytes);
  const { url } = await startServer(bytes, [dropAfter(30_000), whole]);
  expectBytes(await collect(new Downloader(FAST).read(url, request)), bytes);
});

test("a busy server is asked again", async () => {
  const { url, requests } = await startServer(bytes, [
    answerStatus(503),
    answerStatus(429),
    answerStatus(500),
    serveRange,
  ]);
  expectBytes(await collect(new Downloader(FAST).read(url, request)), bytes);
  expect(requests).toHaveLength(4);
});

test("a server that stays busy is given up with its status", async () => {
  const { url, requests } = await startServer(bytes, [answerStatus(503)]);
  await expect(collect(new Downloader(FAST).read(url, request))).rejects.toMatchObject({
    code: "source-unavailable",
    message: expect.stringContaining("HTTP 503") as string,
  });
  expect(requests).toHaveLength(6);
});

test("a server that stops sending does not hold the download for ever", async () => {
  const silent: Answer = (_request, response) => {
    response.writeHead(200, { "content-length": bytes.byteLength }).flushHeaders();
  };
  const { url } = await startServer(bytes, [silent, serveRange]);
  expectBytes(await collect(new Downloader(FAST).read(url, request)), bytes);
});

test.each([
  [404, "HTTP 404"],
  [401, "HF_TOKEN"],
  [403, "HF_TOKEN"],
  [416, "shorter"],
])("status %i is final and says why", async (status, words) => {
  const { url, requests } = await startServer(bytes, [answerStatus(status)]);
  await expect(collect(new Downloader(FAST).read(url, request))).rejects.toMatchObject({
    code: "source-unavailable",
    message: expect.stringContaining(words) as string,
  });
  expect(requests).toHaveLength(1);
});

test("a file of another size is refused before it is downloaded", async () => {
  const { url } = await startServer(bytes.subarray(1), [serveRange]);
  const chunks = collect(new Downloader(FAST).read(url, request));
  await expect(chunks).rejects.toThrow("has a file of 99999 bytes where 100000 are expected");
});

test("a range that starts elsewhere is refused instead of being glued on", async () => {
  const wrong = answerStatus(206, { "content-range": `bytes 5-99999/100000` });
  const { url } = await startServer(bytes, [wrong]);
  await expect(collect(new Downloader(FAST).read(url, { ...request, offset: 9 }))).rejects.toThrow(
    "another range",
  );
});

test("redirects are followed with the range, but the token stays with the host it is for", async () => {
  const store = await startServer(bytes, [serveRange]);
  const hub = await startServer(bytes, [answerStatus(302, { location: store.url.href })]);
  const read = new Downloader(FAST).read(hub.url, { ...request, offset: 99_000, token: "secret" });
  expectBytes(await collect(read), bytes.subarray(99_000));
  expect(hub.requests[0]?.headers.authorization).toBe("Bearer secret");
  expect(store.requests[0]?.headers.authorization).toBeUndefined();
  expect(store.requests[0]?.headers.range).toBe("bytes=99000-");
});

test("a host that could not be reached is not tried again in the same run", async () => {
  const server = createServer((_request, response) => response.end(bytes));
  const listen = async (port: number): Promise<void> => {
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/`);
  await new Promise((resolve) => server.close(resolve));
  const downloader = new Downloader(FAST);
  await expect(collect(downloader.read(url, request))).rejects.toThrow("cannot be reached");
  await listen(port);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await expect(collect(downloader.read(url, request))).rejects.toThrow("cannot be reached");
  expectBytes(await collect(new Downloader(FAST).read(url, request)), bytes);
});

test("a host that accepts connections but never answers is remembered as dead", async () => {
  const { url, requests } = await startServer(bytes, [(_request, response) => response.destroy()]);
  const downloader = new Downloader(FAST);
  await expect(collect(downloader.read(url, request))).rejects.toMatchObject({ code: "source-unavailable" });
  const tried = requests.length;
  expect(tried).toBe(2);
  await expect(collect(downloader.read(url, request))).rejects.toMatchObject({ code: "source-unavailable" });
  expect(requests).toHaveLength(tried);
});

test("aborting ends the download with the reason given", async () => {
  const stop = new AbortController();
  const { url } = await startServer(bytes, [dropAfter(10), answerStatus(503)]);
  const chunks = collect(
    new Downloader({ ...FAST, firstPauseMs: 60_000, longestPauseMs: 60_000 }).read(url, {
      ...request,
      signal: stop.signal,
    }),
  );
  const reason = new Error("enough");
  setTimeout(() => {
    stop.abort(reason);
  }, 50);
  await expect(chunks).rejects.toBe(reason);
});
