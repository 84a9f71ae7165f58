import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Engine } from "../../models/runtime/engine.ts";
import { createSpeechDetector, openVadEngine, type VadContract } from "../../models/vad/silero.ts";
import { Listening } from "../../streaming/listening.ts";
import { directClient } from "../support/direct-client.ts";
import { modelPath } from "../support/models.ts";
import { hasRecording, recording } from "../support/recordings.ts";
import { atLevel, echoOf, mixed, room } from "../support/room.ts";

const SAMPLE_RATE = 16_000;
const FRAME = 320;

/** What is sent ahead of real time. */
const LEAD = 12 * FRAME;

const PLAYED_DBFS = -20;

/** The user at an arm's length from the microphone. */
const USER_DBFS = -26;
const USER_FROM_MS = 3000;

/** By then an echo has been recognised as one, in the first answer of a conversation. */
const LEARNED_MS = 700;

const CASES = [-20, -30, -40].flatMap((db) => [50, 100, 200].map((delayMs) => ({ db, delayMs })));

const USERS = ["why-that-city.flac", "spk1_snt1.wav", "spk1_snt3.wav", "spk1_snt5.wav"];

let engine: Engine<VadContract>;
beforeAll(async () => {
  engine = await openVadEngine({ modelPath: modelPath("silero_vad.onnx"), threads: 1 });
});
afterAll(() => engine.close());

/** When speech began or was taken up again, in ms, in what the microphone hears while `played` is played. */
async function speechHeard(played: Float32Array, microphone: Float32Array): Promise<number[]> {
  const stream = createSpeechDetector(directClient(engine)).openStream();
  const listening = new Listening(stream, { pauseMs: 64, hangoverMs: 2664 });
  const found: number[] = [];
  let sent = 0;
  for (let at = 0; at + FRAME <= microphone.length; at += FRAME) {
    for (; sent < Math.min(played.length, at + LEAD); sent += FRAME)
      listening.play({ samples: played.slice(sent, sent + FRAME), sampleRate: SAMPLE_RATE });
    for await (const { segment } of listening.push(microphone.slice(at, at + FRAME), new AbortController())) {
      if (segment?.type !== "speech-start" && segment?.type !== "speech-resume") continue;
      found.push((segment.atSample * 1000) / SAMPLE_RATE);
    }
  }
  return found;
}

async function playInRoom(
  db: number,
  delayMs: number,
): Promise<{ readonly played: Float32Array; readonly heard: Float32Array }> {
  const played = atLevel(await recording("jfk-16k.flac"), PLAYED_DBFS);
  return { played, heard: mixed(echoOf(played, PLAYED_DBFS + db, delayMs), room(played.length)) };
}

/** Without the silence before it. */
function spoken(sound: Float32Array): Float32Array {
  const loudest = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return sound.subarray(sound.findIndex((value) => Math.abs(value) > 0.1 * loudest));
}

describe.each(CASES)("the assistant's own voice at $db dB after $delayMs ms", ({ db, delayMs }) => {
  test("is nobody's speech once it is known, or the assistant interrupts itself", async () => {
    const { played, heard } = await playInRoom(db, delayMs);
    const starts = await speechHeard(played, heard);
    expect(starts.filter((atMs) => atMs > LEARNED_MS)).toEqual([]);
    expect(starts.length).toBeLessThanOrEqual(1);
  });

  test.each(USERS.filter(hasRecording))(
    "does not hide %s, or nobody can interrupt the assistant",
    async (name) => {
      const { played, heard } = await playInRoom(db, delayMs);
      const user = new Float32Array(played.length);
      const from = (USER_FROM_MS * SAMPLE_RATE) / 1000;
      const said = atLevel(spoken(await recording(name)), USER_DBFS);
      user.set(said.subarray(0, user.length - from), from);
      const starts = await speechHeard(played, mixed(heard, user));
      const first = starts.find((atMs) => atMs > USER_FROM_MS) ?? Infinity;
      expect(first - USER_FROM_MS).toBeLessThanOrEqual(300);
    },
  );
});
