import { appendFile, writeFile } from "node:fs/promises";

import { LISTENING_SAMPLE_RATE, msToSamples } from "../../audio/index.ts";
import { compiledFolder, ensurePack } from "../../models/packs/index.ts";
import { PRIORITY } from "../../models/runtime/engine.ts";
import { inProcessClient } from "../../models/runtime/in-process.ts";
import { singleChunk } from "../../models/runtime/single-chunk.ts";
import { openWhisperEngine } from "../../models/whisper/engine.ts";
import type { BenchOptions } from "../bench.ts";
import type { Task } from "./decisions.ts";
import { TAIL_MS } from "./scenes.ts";

/** What a segment holds before its onset, and after its end when it is recognised. */
const BEFORE_MS = 500;
const AFTER_MS = 100;

/**
 * Writes the recogniser's features of every stretch, a line of JSON for each, for the training of the head of manners.
 * Nothing else listens, which is many times faster.
 */
export async function writeExamples(
  file: string,
  tasks: readonly Task[],
  { pack, signal, note }: BenchOptions,
): Promise<void> {
  const paths = await ensurePack(pack, { signal });
  const engine = await openWhisperEngine({
    weightsPath: paths["speech-recognition"],
    tokenizerPath: paths["speech-recognition-tokenizer"],
    configPath: paths["speech-recognition-config"],
    cacheDirectory: compiledFolder(),
    threads: 2,
    executionProviders: ["cpu"],
  });
  const client = inProcessClient(engine);
  await writeFile(file, "");
  for (const [index, { description, scene }] of tasks.entries()) {
    if (index % 50 === 0) note(`example ${index + 1} of ${tasks.length}`);
    const { samples: all, stretchMs } = await scene();
    const start = msToSamples(Math.max(0, stretchMs - BEFORE_MS), LISTENING_SAMPLE_RATE);
    const samples = all.slice(start, all.length - msToSamples(TAIL_MS - AFTER_MS, LISTENING_SAMPLE_RATE));
    const priority = PRIORITY.finalTranscript;
    const features = await singleChunk(client.run("features", { samples }, { signal, priority }));
    // Four digits are enough to learn from.
    const rounded = Array.from(features, (feature) => Number(feature.toFixed(4)));
    await appendFile(file, `${JSON.stringify({ ...description, features: rounded })}\n`);
  }
  await engine.close();
}
