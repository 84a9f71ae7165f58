import { LISTENING_SAMPLE_RATE, msToSamples } from "../../audio/index.ts";
import type { Clock, Decision, Evidence, SessionModels } from "../../streaming/index.ts";
import { Addressee } from "../../streaming/addressee.ts";
import type { Verdict } from "../../streaming/floor.ts";
import { Listening, sampleMs } from "../../streaming/listening.ts";
import { Monitor } from "../../streaming/monitoring.ts";
import { Understanding } from "../../streaming/understanding.ts";
import type { Moment } from "./cases.ts";

/** What hears. */
export type Ears = Pick<SessionModels, "detector" | "endOfTurn" | "recognizer" | "languageModel">;

/** What the microphone hears of a conversation until the stretch in question is over; at 16 kHz. */
export interface HeardScene {
  readonly samples: Float32Array;
  /** The user's first question is over by then, and its turn as well; 0 where there is none. */
  readonly questionEndMs: number;
  /** The stretch begins there. */
  readonly stretchMs: number;
  readonly moment: Moment;
}

/** What became of a stretch: the last judgement of it. */
export interface Judged {
  readonly decision: Decision;
  readonly verdict: Verdict;
  /** Undefined where nothing was taken for speech. */
  readonly evidence: Evidence | undefined;
}

const UNHEARD: Judged = {
  decision: { kind: "noise", probability: 1, reason: "nothing in it was taken for speech" },
  verdict: "ignore",
  evidence: undefined,
};

/** What was asked before, and what is or was answered. */
const QUESTION = "Why do cats purr?";
const ANSWER =
  "Cats purr when they feel well, but also when they are hurt or afraid. The sound comes from small muscles around " +
  "their voice, which twitch some thirty times in a second. It may help them to heal.";

/** A clock by which nothing takes too long: what is judged must not depend on what else the machine does. */
const PATIENT: Clock = { nowMs: () => 0, sleep: async () => await new Promise<never>(() => undefined) };

/** As a conversation has it. */
const PAUSE_MS = 64;
const HANGOVER_MS = 2664;

const CHUNK = msToSamples(20, LISTENING_SAMPLE_RATE);

/**
 * Lets the ears of a conversation hear a scene, as fast as they can: detectors, recogniser and monitor, driven as the
 * conversation drives them, with nobody who answers.
 */
export async function judgeScene(ears: Ears, scene: HeardScene, signal: AbortSignal): Promise<Judged> {
  const listening = new Listening(ears.detector.openStream(), { pauseMs: PAUSE_MS, hangoverMs: HANGOVER_MS });
  const monitor = new Monitor(new Addressee(ears.languageModel, PATIENT));
  const { samples, questionEndMs, moment } = scene;
  const audible = moment === "over an answer" ? { heardText: ANSWER } : undefined;
  const split = msToSamples(questionEndMs, LISTENING_SAMPLE_RATE);
  await hearQuestion(samples.subarray(0, split), { listening, monitor, signal });
  if (moment === "after an answer") monitor.noteAnswer(ANSWER, sampleMs(listening.endSample));
  let judged = UNHEARD;
  let segmentStart = 0;
  for (let start = split; start < samples.length; start += CHUNK) {
    for await (const window of listening.push(samples.slice(start, start + CHUNK), { signal })) {
      const { segment } = window;
      if (segment?.type === "speech-onset") monitor.begin(sampleMs(window.endSample));
      monitor.hear(window);
      if (segment?.type === "speech-start") segmentStart = segment.startSample;
      if (segment?.type !== "speech-pause") continue;
      const words = await understand(ears, segmentStart, listening);
      const nowMs = sampleMs(listening.endSample);
      const addressed = await monitor.addressed(words, audible, nowMs, { signal });
      judged = monitor.judge({ ...words, addressed }, audible, nowMs);
    }
  }
  await monitor.close();
  return judged;
}

/** The user asks something near the microphone, and is answered: that is how the monitor knows them. */
async function hearQuestion(
  samples: Float32Array,
  { listening, monitor, signal }: { listening: Listening; monitor: Monitor; signal: AbortSignal },
): Promise<void> {
  for (let start = 0; start < samples.length; start += CHUNK) {
    for await (const window of listening.push(samples.slice(start, start + CHUNK), { signal })) {
      if (window.segment?.type === "speech-onset") monitor.begin(sampleMs(window.endSample));
      monitor.hear(window);
    }
  }
  if (samples.length === 0) return;
  const transcript = {
    text: QUESTION,
    tokens: [],
    noSpeechProbability: 0,
    averageLogProbability: -0.2,
    rejected: false,
  };
  monitor.judge(
    { text: QUESTION, transcript, finishedProbability: 1 },
    undefined,
    sampleMs(listening.endSample),
  );
  listening.finishSegment();
}

async function understand(
  ears: Ears,
  segmentStart: number,
  listening: Listening,
): Promise<Parameters<Monitor["judge"]>[0]> {
  const turn = { startSample: segmentStart, onsetSample: segmentStart };
  const understanding = new Understanding(ears, turn, { onPartial: () => undefined });
  const sound = (start: number): Float32Array => listening.since(start);
  const [finishedProbability, transcript] = await Promise.all([
    understanding.scoreEnd(sound),
    understanding.recognizeFinal(sound),
  ]);
  return { text: transcript.text, transcript, finishedProbability };
}
