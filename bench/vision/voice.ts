import { FRAME_MS } from "../../audio/index.ts";
import { readAudioFile } from "../../src/audio-files.ts";
import { ScriptedCamera } from "../../src/client/scripted-camera.ts";
import { holdSpokenConversation, TALK_SAMPLE_RATE } from "../../src/client/spoken-conversation.ts";
import { systemClock } from "../../src/clock.ts";
import { alternate, type BenchOptions } from "../bench.ts";
import { LIMITS } from "../limits.ts";
import { PacingClock } from "../pacing.ts";
import { QUESTIONS } from "../questions.ts";
import { series, single } from "../report.ts";
import { ServerProgram } from "../server-program.ts";
import { speakTexts, type SpokenText } from "../speech.ts";
import { median } from "../statistics.ts";
import type { Photo } from "./eyes.ts";
import type { Part } from "./vision.ts";

/** Asked with the camera and without, by turns, so that both have the same weather. */
const ASKED = 10;
const QUESTIONS_A_CONVERSATION = 5;
/** A new scene as often as the eyes look at one. */
const SCENE_MS = 1000;
const PATIENCE_MS = 15_000;

/** What a camera shows: nothing, one scene all the time, as most do, or a new one as often as the eyes look, which costs most. */
const CAMERAS = ["off", "still", "moving"] as const;

/** What the camera costs the voice: the same questions, which are not about what it shows. */
export async function measureVoice(
  photos: readonly Photo[],
  { pack, runs, signal, note }: BenchOptions,
): Promise<Part> {
  const texts = QUESTIONS.slice(0, ASKED).map(({ text }) => text);
  const spoken = await speakTexts(texts, signal);
  const waits: Record<(typeof CAMERAS)[number], number[]> = { off: [], still: [], moving: [] };
  const scenes = { off: [], still: photos.map(() => photos[0] as Photo), moving: photos };
  const server = await ServerProgram.start(pack, signal);
  try {
    // The first picture loads the networks.
    await converse(server, spoken.slice(0, 1), photos, signal);
    for (let run = 0; run < runs; run++) {
      for (let start = 0; start < ASKED; start += QUESTIONS_A_CONVERSATION) {
        const questions = spoken.slice(start, start + QUESTIONS_A_CONVERSATION);
        note(`asking ${questions.length} questions with the camera and without`);
        await alternate(
          run + start / QUESTIONS_A_CONVERSATION,
          CAMERAS.map((camera) => async () => {
            waits[camera].push(...(await converse(server, questions, scenes[camera], signal)));
          }),
        );
      }
    }
  } finally {
    await server.stop();
  }
  const ratio = (camera: "still" | "moving"): number => median(waits[camera]) / median(waits.off);
  return {
    figures: [
      series("voice to voice, camera off", "ms", waits.off),
      series("voice to voice, camera on, one scene", "ms", waits.still),
      single("  ratio of the medians", "times", ratio("still"), LIMITS.cameraRatio[pack]),
      series("voice to voice, camera on, a new scene a second", "ms", waits.moving),
      single("  ratio of the medians", "times", ratio("moving"), LIMITS.cameraRatio[pack]),
    ],
    notes: [],
    details: waits,
  };
}

/** How long each answer was waited for; one that did not come counts as all patience. */
async function converse(
  server: ServerProgram,
  spoken: readonly SpokenText[],
  photos: readonly Photo[],
  signal: AbortSignal,
): Promise<number[]> {
  const questions: Float32Array[] = [];
  for (const { file } of spoken) questions.push(await readAudioFile(file, TALK_SAMPLE_RATE));
  const scenes = photos.map(({ bytes }, index) => ({ atMs: index * SCENE_MS, bytes }));
  const { turns } = await holdSpokenConversation({
    url: server.url,
    questions,
    ...(scenes.length > 0 && { camera: new ScriptedCamera(scenes) }),
    clock: new PacingClock(systemClock, FRAME_MS),
    signal,
    patienceMs: PATIENCE_MS,
  });
  return turns.map(({ voiceToVoiceMs }) => voiceToVoiceMs ?? PATIENCE_MS);
}
