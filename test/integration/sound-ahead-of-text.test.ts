import { expect, onTestFinished, test } from "vitest";

import { ENCODED_FORMATS } from "../../audio/index.ts";
import { encodeEvent } from "../../src/dialects/wyoming/events.ts";
import { freePort } from "../support/free-port.ts";
import { heldVoice } from "../support/held-voice.ts";
import { startOpenAiServer } from "../support/openai-http-server.ts";
import { openConnection } from "../support/wyoming-connection.ts";

/** Who listens hears the first clause while there is nothing yet of the second: nobody waits for the end of a long text. */

const FIRST = "One two three four five six seven eight nine ten.";
const REST = "Then there is much more of it to say.";

async function serve(overrides: Readonly<Record<string, unknown>> = {}) {
  const voice = heldVoice();
  const started = await startOpenAiServer(overrides, { models: { synthesizer: voice.synthesizer } });
  onTestFinished(async () => {
    voice.go();
    await started.server.close();
  });
  return { voice, ...started };
}

test.each(ENCODED_FORMATS)(
  "speech over HTTP leaves as %s before its second clause is spoken",
  async (format) => {
    const { voice, baseURL } = await serve();
    const response = await fetch(`${baseURL}/audio/speech`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ input: `${FIRST} ${REST}`, response_format: format }),
    });
    const [early, all] = await read(response, voice.go);
    expect(early).toBeGreaterThan(0);
    expect(all).toBeGreaterThan(early);
  },
);

test("speech over HTTP leaves as an event before its second clause is spoken", async () => {
  const { voice, baseURL } = await serve();
  const response = await fetch(`${baseURL}/audio/speech`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ input: `${FIRST} ${REST}`, response_format: "pcm", stream_format: "sse" }),
  });
  const [early, all] = await read(response, voice.go);
  expect(early).toBeGreaterThan(0);
  expect(all).toBeGreaterThan(early);
});

/** How many bytes came before `go`, and in all. */
async function read(response: Response, go: () => void): Promise<readonly [number, number]> {
  let early = 0;
  let all = 0;
  for await (const bytes of response.body ?? []) {
    all += (bytes as Uint8Array).length;
    if (early > 0) continue;
    early = all;
    go();
  }
  return [early, all];
}

test("a text that Wyoming brings in pieces is heard from its first clause on, while the rest is still to come", async () => {
  const port = await freePort();
  const { voice } = await serve({ wyoming: { port } });
  const { socket, received } = await openConnection(port);
  const soundsOf = () => received.filter(({ type }) => type === "audio-chunk").length;
  socket.write(encodeEvent("synthesize-start", {}));
  socket.write(encodeEvent("synthesize-chunk", { text: `${FIRST} Then` }));
  await expect.poll(soundsOf).toBeGreaterThan(0);
  expect(voice.synthesizer.requests).toHaveLength(1);
  socket.write(encodeEvent("synthesize-chunk", { text: REST.slice(4) }));
  socket.write(encodeEvent("synthesize-stop"));
  voice.go();
  await expect.poll(() => received.at(-1)?.type).toBe("synthesize-stopped");
  expect(soundsOf()).toBe(19);
  socket.destroy();
});

test("a text that Wyoming brings as a whole is heard before its second clause is spoken", async () => {
  const port = await freePort();
  const { voice } = await serve({ wyoming: { port } });
  const { socket, received } = await openConnection(port);
  socket.write(encodeEvent("synthesize", { text: `${FIRST} ${REST}` }));
  await expect.poll(() => received.map(({ type }) => type)).toContain("audio-chunk");
  expect(voice.synthesizer.requests).toHaveLength(1);
  voice.go();
  await expect.poll(() => received.at(-1)?.type).toBe("audio-stop");
  socket.destroy();
});
