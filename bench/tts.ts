import { ensurePack } from "../models/packs/index.ts";
import { VitsNetwork } from "../models/vits/network.ts";
import { type Models, openModels } from "../src/compose.ts";
import { loadConfig } from "../src/config.ts";
import { alternate, type BenchOptions, type Findings, withCleanup } from "./bench.ts";
import { LIMITS } from "./limits.ts";
import { OneShotPiper } from "./peers/one-shot-piper.ts";
import { series, single } from "./report.ts";
import { SENTENCES } from "./sentences.ts";
import { median } from "./statistics.ts";

const THREADS = 2;

/** How many sentences are compared sample by sample. */
const COMPARED_SENTENCES = 5;

/** Sounds of one sentence, said `runs` times. */
interface Trial {
  readonly text: string;
  readonly firstAudioMs: number[];
  readonly realTimeFactor: number[];
  readonly peerMs: number[];
  readonly peerRealTimeFactor: number[];
}

/** Our voice in windows against the uncut network in one run, sentence by sentence. */
export async function measureSpeech({ pack, runs, signal, note }: BenchOptions): Promise<Findings> {
  const paths = await ensurePack(pack, { signal });
  const config = loadConfig({ overrides: { pack, runtime: { speakingThreads: THREADS } } });
  return await withCleanup(async (defer) => {
    const models = await openModels(config, ["synthesizer"], { signal, onProgress: () => undefined });
    defer(() => models.close());
    const peer = await OneShotPiper.open(paths, THREADS);
    defer(() => peer.close());
    const sayAll = async (trials: readonly Trial[], run: number): Promise<void> => {
      for (const [index, trial] of trials.entries())
        await compareOnce(models, peer, trial, run + index, signal);
    };
    note("warming both");
    for (let time = 0; time < 3; time += 1) await sayAll([newTrial("Warming up takes one sentence.")], time);
    const trials = SENTENCES.map(newTrial);
    for (let run = 0; run < runs; run += 1) {
      note(`run ${run + 1} of ${runs}, ${SENTENCES.length} sentences`);
      await sayAll(trials, run);
    }
    note(`comparing ${COMPARED_SENTENCES} sentences sample by sample`);
    const difference = await largestDifference(peer, paths.voice);
    return findings(trials, difference, { pack, runs });
  });
}

function newTrial(text: string): Trial {
  return { text, firstAudioMs: [], realTimeFactor: [], peerMs: [], peerRealTimeFactor: [] };
}

async function compareOnce(
  { synthesizer }: Models<"synthesizer">,
  peer: OneShotPiper,
  trial: Trial,
  turn: number,
  signal: AbortSignal,
): Promise<void> {
  const { text } = trial;
  await alternate(turn, [
    async () => {
      const startMs = performance.now();
      let firstMs: number | undefined;
      let audioMs = 0;
      for await (const { samples, sampleRate } of synthesizer.synthesize({ text, speed: 1 }, { signal })) {
        firstMs ??= performance.now() - startMs;
        audioMs += (samples.length * 1000) / sampleRate;
      }
      trial.firstAudioMs.push(firstMs ?? Number.NaN);
      trial.realTimeFactor.push((performance.now() - startMs) / audioMs);
    },
    async () => {
      const startMs = performance.now();
      const sentences = await peer.speak(text);
      const elapsedMs = performance.now() - startMs;
      const samples = sentences.reduce((sum, sentence) => sum + sentence.length, 0);
      trial.peerMs.push(elapsedMs);
      trial.peerRealTimeFactor.push(elapsedMs / ((samples * 1000) / peer.sampleRate));
    },
  ]);
}

async function largestDifference(peer: OneShotPiper, voice: string): Promise<number> {
  const network = await VitsNetwork.open(voice, { threads: THREADS });
  try {
    let largest = 0;
    for (const sentence of SENTENCES.slice(0, COMPARED_SENTENCES))
      largest = Math.max(largest, await peer.differenceTo(network, sentence));
    return largest;
  } finally {
    await network.close();
  }
}

function findings(
  trials: readonly Trial[],
  difference: number,
  { pack, runs }: Pick<BenchOptions, "pack" | "runs">,
): Findings {
  // Phonemes are cached, so that only the first time a sentence is said is like a conversation.
  const first = trials.map(({ firstAudioMs }) => firstAudioMs[0] ?? Number.NaN);
  const again = trials.flatMap(({ firstAudioMs }) => firstAudioMs.slice(1));
  const ratios = trials.map(({ firstAudioMs, peerMs }) => median(firstAudioMs) / median(peerMs));
  const factors = trials.map(({ realTimeFactor }) => median(realTimeFactor));
  const peerFactors = trials.map(({ peerRealTimeFactor }) => median(peerRealTimeFactor));
  return {
    settings: {
      pack,
      runs,
      threads: THREADS,
      sentences: trials.length,
      peer: "Piper's network uncut, one run",
    },
    figures: [
      series("first audio of a 15-word sentence, never said before", "ms", first, LIMITS.firstAudio[pack]),
      series("  said again, its phonemes known", "ms", again),
      series(
        "  one-shot Piper (its whole sentence)",
        "ms",
        trials.flatMap(({ peerMs }) => peerMs),
      ),
      series("first audio, ours over one-shot Piper's", "ratio", ratios),
      series("real-time factor, ours", "share", factors),
      series("real-time factor, one-shot Piper", "share", peerFactors),
      single(
        "largest difference of a sample, windows to one shot",
        "of 1",
        difference,
        LIMITS.chunkDifference[pack],
      ),
    ],
    notes: [],
    details: trials,
  };
}
