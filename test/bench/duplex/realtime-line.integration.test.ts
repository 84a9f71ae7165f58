import { afterEach, beforeEach, expect, test } from "vitest";

import { DuplexLog, eventsOf } from "../../../bench/duplex/events.ts";
import type { Line } from "../../../bench/duplex/line.ts";
import { openLine } from "../../../bench/duplex/lines.ts";
import { systemClock } from "../../../src/clock.ts";
import type { VoiceServer } from "../../../src/server/app.ts";
import { openVoiceSession } from "../../../streaming/index.ts";
import { fakeModels, phrase, PHRASES } from "../../support/fake-models.ts";
import { startServer } from "../../support/voice-server.ts";

/** A line through the Realtime dialect tells of a conversation what one through our own protocol tells. */
let server: VoiceServer;
let log: DuplexLog;
let line: Line;

beforeEach(async () => {
  const models = fakeModels();
  server = await startServer((options) => openVoiceSession(models, options, systemClock));
  log = new DuplexLog();
});
afterEach(async () => {
  await line.close();
  await server.close();
});

async function open(through: "realtime" | "antiphon"): Promise<void> {
  line = await openLine(
    { url: server.url, through },
    {
      url: server.url,
      sampleRate: 24_000,
      clock: systemClock,
      signal: new AbortController().signal,
      onMessage: (message) => {
        log.note(line.nowMs(), message);
      },
      onClose: () => undefined,
    },
  );
}

function say(frequency: keyof typeof PHRASES): void {
  const sound = new Float32Array(24 * 1600);
  sound.set(phrase(frequency, 24_000));
  for (let start = 0; start < sound.length; start += 480) line.sendAudio(sound.subarray(start, start + 480));
}

const heardMs = (): number => {
  const played = line.playout.render(24 * Math.round(line.nowMs()));
  return played.filter((sample) => sample !== 0).length / 24;
};

test.each(["realtime", "antiphon"] as const)("an answer, through %s", async (through) => {
  await open(through);
  say(440);
  await expect.poll(() => eventsOf(log.events, "answer-end").length).toBe(1);
  expect(eventsOf(log.events, "answer-end")[0]).toMatchObject({
    outcome: "completed",
    text: "The capital of France is Paris.",
  });
  const written = eventsOf(log.events, "answer-delta").map(({ text }) => text);
  expect(written.join("").trim()).toBe("The capital of France is Paris.");
  expect(eventsOf(log.events, "answer-start")).toHaveLength(1);
  expect(eventsOf(log.events, "transcript-end").map(({ text }) => text)).toEqual([PHRASES[440]]);
  expect(heardMs()).toBeGreaterThan(1000);
});

test("an answer that is talked into falls silent, and ends with what was heard", async () => {
  await open("realtime");
  say(440);
  await expect.poll(() => heardMs()).toBeGreaterThan(300);
  say(660);
  await expect.poll(() => eventsOf(log.events, "answer-end").length).toBe(2);
  const [first, second] = eventsOf(log.events, "answer-end");
  expect(first?.outcome).toBe("interrupted");
  expect(first!.text.length).toBeLessThan("The capital of France is Paris.".length);
  expect(second).toMatchObject({ outcome: "completed", text: "A banana is yellow." });
  const turns = eventsOf(log.events, "answer-start").map(({ turn }) => turn);
  expect(new Set(turns).size).toBe(2);
  expect(log.isAnswering).toBe(false);
});
