import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { LISTENING_SAMPLE_RATE, msToSamples, samplesToMs } from "../audio/index.ts";
import { ensurePack } from "../models/packs/index.ts";
import { readAudioFile, writeAudioFile } from "../src/audio-files.ts";
import { type Models, openModels } from "../src/compose.ts";
import { loadConfig } from "../src/config.ts";
import { projectFile } from "../src/project.ts";
import { alternate, type BenchOptions, type Findings, timed, withCleanup } from "./bench.ts";
import { LIMITS } from "./limits.ts";
import { FASTER_WHISPER, FasterWhisper } from "./peers/faster-whisper.ts";
import { benchFolder, exists } from "./programs.ts";
import { QUESTIONS } from "./questions.ts";
import { series, single } from "./report.ts";
import { wordErrorRate, wordErrors } from "./scoring.ts";
import { speakTexts } from "./speech.ts";
import { median } from "./statistics.ts";

const THREADS = 2;
const SYNTHESISED = 15;

/** As in the conversation: a hypothesis for every so much more of the utterance. */
const PARTIAL_EVERY_MS = 400;

/** A recording with known words. */
interface Recording {
  readonly text: string;
  readonly samples: Float32Array;
  /** The same as 16 kHz mono WAV, for the peer. */
  readonly file: string;
}

/** What was measured on one recording. */
interface Trial {
  readonly recording: Recording;
  readonly oursMs: number[];
  readonly peerMs: number[];
  readonly partialMs: number[];
  readonly finalMs: number[];
  ours: string;
  peer: string;
}

type Recognition = Models<"recognizer">;

/** Our recogniser and faster-whisper's on the same weights and recordings, one after the other. */
export async function measureRecognition({ pack, runs, signal, note }: BenchOptions): Promise<Findings> {
  const recordings = await collectRecordings(signal);
  const paths = await ensurePack(pack, { signal });
  return await withCleanup(async (defer) => {
    note("starting faster-whisper (installed at first use)");
    const peer = await FasterWhisper.start(paths, THREADS, signal);
    defer(() => peer.end());
    const ours = await openRecognition(pack, THREADS, signal);
    defer(() => ours.close());
    const conversational = await openRecognition(pack, undefined, signal);
    defer(() => conversational.close());
    const recogniseAll = async (trials: readonly Trial[], run: number): Promise<void> => {
      for (const [index, trial] of trials.entries()) {
        await alternate(run + index, [
          () => recogniseOurs(ours, trial, signal),
          () => recognisePeers(peer, trial),
        ]);
        await recogniseGrowing(conversational, trial, signal);
      }
    };
    note("warming both");
    await recogniseAll(recordings.slice(0, 3).map(newTrial), 0);
    const trials = recordings.map(newTrial);
    for (let run = 0; run < runs; run += 1) {
      note(`run ${run + 1} of ${runs}, ${recordings.length} recordings`);
      await recogniseAll(trials, run);
    }
    return findings(trials, { pack, runs });
  });
}

function newTrial(recording: Recording): Trial {
  return { recording, oursMs: [], peerMs: [], partialMs: [], finalMs: [], ours: "", peer: "" };
}

async function openRecognition(
  pack: string,
  threads: number | undefined,
  signal: AbortSignal,
): Promise<Recognition> {
  const runtime = threads === undefined ? {} : { hearingThreads: threads };
  const config = loadConfig({ overrides: { pack, runtime } });
  return await openModels(config, ["recognizer"], { signal, onProgress: () => undefined });
}

async function recogniseOurs({ recognizer }: Recognition, trial: Trial, signal: AbortSignal): Promise<void> {
  const { samples } = trial.recording;
  const { ms, result } = await timed(() => recognizer.recognize({ samples, urgency: "final" }, { signal }));
  trial.oursMs.push(ms);
  trial.ours = result.text;
}

async function recognisePeers(peer: FasterWhisper, trial: Trial): Promise<void> {
  const { text, ms } = await peer.transcribe(trial.recording.file);
  trial.peerMs.push(ms);
  trial.peer = text;
}

/** The recording as it comes in: hypotheses while it grows, each the draft of the next, and a final one. */
async function recogniseGrowing(
  { recognizer }: Recognition,
  trial: Trial,
  signal: AbortSignal,
): Promise<void> {
  const { samples } = trial.recording;
  const step = msToSamples(PARTIAL_EVERY_MS, LISTENING_SAMPLE_RATE);
  let draft: readonly number[] = [];
  const recognise = async (length: number, urgency: "partial" | "final"): Promise<number> => {
    const request = { samples: samples.subarray(0, length), draft, urgency };
    const { ms, result } = await timed(() => recognizer.recognize(request, { signal }));
    draft = result.tokens;
    return ms;
  };
  for (let length = step; length < samples.length; length += step)
    trial.partialMs.push(await recognise(length, "partial"));
  trial.finalMs.push(await recognise(samples.length, "final"));
}

function findings(trials: readonly Trial[], { pack, runs }: Pick<BenchOptions, "pack" | "runs">): Findings {
  const ratios = trials.map(({ oursMs, peerMs }) => median(oursMs) / median(peerMs));
  const rate = (heard: "ours" | "peer"): number =>
    wordErrorRate(trials.map((trial) => wordErrors(trial.recording.text, trial[heard])));
  const threads = `${THREADS} threads`;
  return {
    settings: {
      pack,
      runs,
      recordings: trials.length,
      peer: FASTER_WHISPER.join(" "),
      peerPrecision: "int8",
    },
    figures: [
      series(
        "length of a recording",
        "ms",
        trials.map(({ recording }) => samplesToMs(recording.samples.length, LISTENING_SAMPLE_RATE)),
      ),
      series(
        `recognition, ours, ${threads}`,
        "ms",
        trials.map(({ oursMs }) => median(oursMs)),
      ),
      series(
        `recognition, faster-whisper, ${threads}`,
        "ms",
        trials.map(({ peerMs }) => median(peerMs)),
      ),
      series("ours over faster-whisper's, by recording", "ratio", ratios, LIMITS.recognitionRatio[pack]),
      single("word error rate, ours", "share", rate("ours")),
      single("word error rate, faster-whisper", "share", rate("peer")),
      series(
        "a hypothesis while the user talks",
        "ms",
        trials.flatMap(({ partialMs }) => partialMs),
      ),
      series(
        "the final one, after those",
        "ms",
        trials.flatMap(({ finalMs }) => finalMs),
      ),
    ],
    notes: trials.flatMap(({ recording: { text }, ours, peer }) =>
      wordErrors(text, ours).errors + wordErrors(text, peer).errors === 0
        ? []
        : [`"${text}": ours "${ours}", faster-whisper "${peer}"`],
    ),
    details: trials.map(({ recording, ...measured }) => ({ text: recording.text, ...measured })),
  };
}

/** Recordings of people where they lie beside the project, and synthesised questions. */
async function collectRecordings(signal: AbortSignal): Promise<Recording[]> {
  const texts = QUESTIONS.slice(0, SYNTHESISED).map(({ text }) => text);
  const sources = [...(await sharedRecordings()), ...(await speakTexts(texts, signal))];
  const folder = await benchFolder("recordings");
  const recordings: Recording[] = [];
  for (const [index, { text, file }] of sources.entries()) {
    const samples = await readAudioFile(file, LISTENING_SAMPLE_RATE);
    const plain = join(folder, `${index}.wav`);
    await writeAudioFile(plain, [samples], LISTENING_SAMPLE_RATE);
    recordings.push({ text, samples, file: plain });
  }
  return recordings;
}

const JFK =
  "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country.";

async function sharedRecordings(): Promise<{ readonly text: string; readonly file: string }[]> {
  const folder = projectFile("../shared/data/speech");
  if (!(await exists(folder))) return [];
  const truth = await readFile(join(folder, "truth.tsv"), "utf8");
  const sentences = truth
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", text = ""] = line.split("\t");
      return { text, file: join(folder, name) };
    });
  return [{ text: JFK, file: join(folder, "jfk.flac") }, ...sentences];
}
