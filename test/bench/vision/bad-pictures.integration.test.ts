import { expect, test } from "vitest";

import { eventLoopIn } from "../../../bench/server-program.ts";
import { makeBadPictures } from "../../../bench/vision/bad-pictures.ts";
import { decodePicture } from "../../../models/pictures/decode.ts";
import { loadConfig } from "../../../src/config.ts";
import { noisePicture } from "../../support/pictures.ts";
import { ScriptedSession } from "../../support/scripted-session.ts";
import { startServer } from "../../support/voice-server.ts";

test("bad pictures reach the decoder, and are bad in the way that their figure says", async () => {
  const pictures = await makeBadPictures(await noisePicture("jpeg", 160, 120));
  const { maxPayloadBytes } = loadConfig().limits;
  for (const { name, bytes, code } of pictures) {
    expect(bytes.length, name).toBeLessThan(maxPayloadBytes - 100);
    await expect(decodePicture(bytes), name).rejects.toMatchObject({ code });
  }
});

test("how long the main thread was busy is read from what a server tells", async () => {
  const told = "nodejs_eventloop_lag_max_seconds 0.25\nnodejs_eventloop_lag_p99_seconds 0.0125\n";
  expect(eventLoopIn(told)).toEqual({ p99Ms: 12.5, maxMs: 250 });
  const server = await startServer(() => new ScriptedSession(100));
  try {
    const { p99Ms, maxMs } = eventLoopIn(await (await fetch(`${server.pageUrl}metrics`)).text());
    expect([p99Ms, maxMs].filter(Number.isNaN)).toEqual([]);
  } finally {
    await server.close();
  }
});
