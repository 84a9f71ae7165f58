import { describe, expect, test } from "vitest";

import { EchoDetector } from "../../audio/index.ts";
import type { EchoReading } from "../../audio/index.ts";
import { recording } from "../support/recordings.ts";
import { atLevel, echoOf, mixed, numbers, rms, room } from "../support/room.ts";
import { hasSharedData } from "../support/shared-data.ts";

const SAMPLE_RATE = 16_000;
const WINDOW = 512;

/** Like speech: syllables of a buzz with two wandering formants, hisses between them, pauses. */
function babble(seed: number, seconds: number): Float32Array {
  const next = numbers(seed);
  const sound = new Float32Array(seconds * SAMPLE_RATE);
  for (let at = 0; at < sound.length;) {
    const length = Math.round(SAMPLE_RATE * (0.14 + 0.07 * next()));
    const [pitch, first, second] = [130 + 40 * next(), 550 + 300 * next(), 1700 + 800 * next()];
    const [isHiss, isPause] = [next() > 0.6, next() > 0.75];
    for (let n = 0; n < length && at + n < sound.length && !isPause; n++) {
      const phase = ((n * pitch) / SAMPLE_RATE) % 1;
      const seconds = phase / pitch;
      const ring = (hertz: number): number =>
        Math.exp(-250 * seconds) * Math.sin(2 * Math.PI * hertz * seconds);
      const envelope = Math.sin((Math.PI * n) / length);
      sound[at + n] = envelope * (isHiss ? 0.15 * next() : ring(first) + 0.5 * ring(second));
    }
    at += length;
  }
  return sound;
}

/** Readings for every window of the microphone from `fromMs` on in which `loud` is within 10 dB of its mean level. */
function readings(
  played: Float32Array,
  heard: Float32Array,
  loud: Float32Array,
  fromMs = 800,
): EchoReading[] {
  const detector = new EchoDetector();
  const found: EchoReading[] = [];
  for (let at = 0; at + WINDOW <= heard.length; at += WINDOW) {
    detector.played(played.subarray(at, at + WINDOW));
    const reading = detector.heard(heard.subarray(at, at + WINDOW));
    const isLoud = rms(loud.subarray(at, at + WINDOW)) > rms(loud) / 10 ** 0.5;
    if (isLoud && (at * 1000) / SAMPLE_RATE >= fromMs) found.push(reading);
  }
  return found;
}

const shareOf = (all: readonly EchoReading[], holds: (reading: EchoReading) => boolean): number =>
  all.filter(holds).length / all.length;

const CASES = [-20, -30, -40].flatMap((db) => [50, 120, 200].map((delayMs) => ({ db, delayMs })));
const PLAYED_DBFS = -20;

function expectEchoFound(voice: Float32Array, db: number, delayMs: number): void {
  const played = atLevel(voice, PLAYED_DBFS);
  const echo = echoOf(played, PLAYED_DBFS + db, delayMs);
  const found = readings(played, mixed(echo, room(echo.length)), echo);
  expect(shareOf(found, (reading) => reading.echo > 0.6)).toBeGreaterThan(0.9);
  const isNear = ({ delayMs: at = -1 }: EchoReading): boolean => Math.abs(at - delayMs) <= 32;
  expect(shareOf(found, isNear)).toBeGreaterThan(0.9);
}

function expectNoEcho(voice: Float32Array, other: Float32Array, echoDb: number | undefined): void {
  const played = atLevel(voice, PLAYED_DBFS);
  const level = echoDb === undefined ? -26 : PLAYED_DBFS + echoDb + 20;
  const quiet = room(played.length);
  const echo = echoDb === undefined ? quiet : mixed(echoOf(played, PLAYED_DBFS + echoDb, 120), quiet);
  // They begin in the midst of the answer.
  const user = new Float32Array(played.length);
  user.set(atLevel(other, level).subarray(0, user.length - 2 * SAMPLE_RATE), 2 * SAMPLE_RATE);
  const found = readings(played, mixed(user, echo), user, 2200);
  expect(shareOf(found, (reading) => reading.echo > 0.5)).toBeLessThan(0.1);
}

describe("the echo of synthetic speech", () => {
  test.each(CASES)("is found at $db dB after $delayMs ms", ({ db, delayMs }) => {
    expectEchoFound(babble(1, 6), db, delayMs);
  });

  test("is not found in somebody else's speech", () => {
    expectNoEcho(babble(1, 8), babble(2, 6), undefined);
  });

  test("is not what a user says over it", () => {
    expectNoEcho(babble(1, 8), babble(2, 6), -30);
  });
});

describe.skipIf(!hasSharedData)(
  "the echo of recorded speech (skipped where the shared recordings are absent)",
  () => {
    test.each(CASES)("is found at $db dB after $delayMs ms", async ({ db, delayMs }) => {
      expectEchoFound(await recording("jfk-16k.flac"), db, delayMs);
    });

    test.each(["spk1_snt1.wav", "spk1_snt3.wav", "spk1_snt5.wav"])("is not found in %s", async (name) => {
      expectNoEcho(await recording("jfk-16k.flac"), await recording(name), undefined);
    });

    test.each(["spk1_snt1.wav", "spk1_snt3.wav", "spk1_snt5.wav"])(
      "is not what %s says over it",
      async (name) => {
        expectNoEcho(await recording("jfk-16k.flac"), await recording(name), -30);
      },
    );
  },
);

describe("a user who talks into the beginning of an answer", () => {
  const answers = [atLevel(babble(1, 3), PLAYED_DBFS), atLevel(babble(2, 3), PLAYED_DBFS)];
  const pause = new Float32Array(2 * SAMPLE_RATE);
  const played = Float32Array.from([...(answers[0] ?? []), ...pause, ...(answers[1] ?? [])]);
  const againMs = 5000;

  /** Of 300 ms of what they say, so much later than the answer, the share that is taken for its echo. */
  function mistaken(afterMs: number, echo: Float32Array): number {
    const user = new Float32Array(played.length);
    const saidMs = againMs + afterMs;
    user.set(atLevel(babble(7, 1), -26), (saidMs * SAMPLE_RATE) / 1000);
    const found = readings(played, mixed(mixed(user, echo), room(played.length)), user, saidMs);
    return shareOf(found.slice(0, 9), (reading) => reading.echo > 0.6);
  }

  test.each([250, 400, 550, 700])(
    "after %d ms is none of its echo, where none was heard of the answer before, or they would be deaf to them",
    (afterMs) => {
      expect(mistaken(afterMs, new Float32Array(played.length))).toBeLessThan(0.2);
    },
  );

  test("is heard over an echo that is known", () => {
    expect(mistaken(700, echoOf(played, PLAYED_DBFS - 30, 120))).toBeLessThan(0.4);
  });

  test.each([-30, -20])("may be a loudspeaker (%d dB) in place of a headset, which is known soon", (db) => {
    const echo = echoOf(played, PLAYED_DBFS + db, 120);
    echo.fill(0, 0, (againMs * SAMPLE_RATE) / 1000);
    const found = readings(played, mixed(echo, room(echo.length)), echo, againMs + 1500);
    expect(shareOf(found, (reading) => reading.echo > 0.6)).toBeGreaterThan(0.8);
  });
});

describe("the echo detector", () => {
  test("hears no echo where nothing is played", () => {
    const user = atLevel(babble(3, 3), -26);
    const detector = new EchoDetector();
    for (let at = 0; at + WINDOW <= user.length; at += WINDOW) {
      expect(detector.heard(user.subarray(at, at + WINDOW)).echo).toBe(0);
    }
  });

  test("hears the same whatever the pieces are in which the sound comes", () => {
    const played = atLevel(babble(1, 2), -20);
    const heard = mixed(echoOf(played, -50, 120), room(played.length));
    const whole = new EchoDetector();
    whole.played(played);
    const pieces = new EchoDetector();
    for (let at = 0; at < played.length; at += 320) pieces.played(played.subarray(at, at + 320));
    let last: EchoReading | undefined;
    for (let at = 0; at < heard.length; at += 100) last = pieces.heard(heard.subarray(at, at + 100));
    expect(last).toEqual(whole.heard(heard));
  });

  test("knows the echo of an answer, though others before it were played while nothing was heard", () => {
    const detector = new EchoDetector();
    const unheard = atLevel(babble(2, 30), -20);
    for (let at = 0; at < unheard.length; at += 320) detector.played(unheard.subarray(at, at + 320));
    expect(detector.queuedSamples).toBeLessThanOrEqual(2.5 * 16_000);
    // A question is asked, then answered.
    detector.heard(atLevel(babble(3, 3), -26));
    const played = atLevel(babble(1, 2), -20);
    const heard = mixed(echoOf(played, -50, 120), room(played.length));
    let last: EchoReading | undefined;
    for (let at = 0; at + WINDOW <= played.length; at += WINDOW) {
      detector.played(played.subarray(at, at + WINDOW));
      last = detector.heard(heard.subarray(at, at + WINDOW));
    }
    expect(last?.echo).toBeGreaterThan(0.5);
  });

  test("expects no echo of what the loudspeaker dropped", () => {
    const played = atLevel(babble(1, 2), -20);
    const detector = new EchoDetector();
    detector.played(played);
    detector.stopped();
    expect(detector.heard(atLevel(played, -50))).toMatchObject({ echo: 0 });
  });
});
