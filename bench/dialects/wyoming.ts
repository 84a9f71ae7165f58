import { Writable } from "node:stream";

import { floatsToPcm16 } from "../../audio/index.ts";
import { systemClock } from "../../src/clock.ts";
import { encodeEvent, EventReader } from "../../src/dialects/wyoming/events.ts";
import { Hearing } from "../../src/dialects/wyoming/hearing.ts";
import { parseEvent, type SoundFormat } from "../../src/dialects/wyoming/messages.ts";
import { Outlet } from "../../src/dialects/wyoming/outlet.ts";
import type { SessionModels } from "../../streaming/index.ts";
import type { BenchOptions } from "../bench.ts";
import { type Figure, series } from "../report.ts";

const VOICE_RATE = 22_050;
const MESSAGES = 2000;
/** What this dialect may add to a message. */
const LIMITS = [{ statistic: "p95", bound: "at most", value: 2 }] as const;

/** Recognition that is never done: what is measured is the way to it. */
const DEAF = { recognizer: { recognize: () => new Promise(() => undefined) } } as unknown as SessionModels;

/** What events cost on their way through the dialect, both ways. */
export async function measureWyoming({ note }: BenchOptions): Promise<readonly (Figure | undefined)[]> {
  note("events of a Wyoming client");
  const sink = new Writable({
    write: (_bytes, _encoding, done) => {
      done();
    },
  });
  const outlet = new Outlet(sink, systemClock, new AbortController().signal);
  const voice = new Float32Array(VOICE_RATE / 50).map((_, n) => Math.sin(n / 10) / 2);
  const out = await timesOf(async () => {
    await outlet.send("audio-chunk", { rate: VOICE_RATE, width: 2, channels: 1 }, floatsToPcm16(voice));
  });
  return [
    series("wyoming: 20 ms of sound in", "ms", await soundIn(16_000, outlet), LIMITS),
    series("wyoming: 20 ms of sound in, at 44.1 kHz", "ms", await soundIn(44_100, outlet), LIMITS),
    series("wyoming: 20 ms of speech out", "ms", out, LIMITS),
  ];
}

async function soundIn(rate: number, outlet: Outlet): Promise<number[]> {
  const format: SoundFormat = { rate, width: 2, channels: 1 };
  const sound = new Float32Array(rate / 50).map((_, n) => Math.sin(n / 10) / 2);
  const bytes = encodeEvent("audio-chunk", format, floatsToPcm16(sound));
  const hearing = await Hearing.open(format, DEAF, outlet);
  const reader = new EventReader();
  const times = await timesOf(async () => {
    for (const event of reader.push(bytes)) {
      const known = parseEvent(event);
      if (known?.type === "audio-chunk") await hearing.hear(known.payload, known.data);
    }
  });
  hearing.close();
  return times;
}

/** One after the other, with time in between for what follows. */
async function timesOf(act: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < MESSAGES; index++) {
    await new Promise((resolve) => setImmediate(resolve));
    const startMs = performance.now();
    await act();
    times.push(performance.now() - startMs);
  }
  return times;
}
