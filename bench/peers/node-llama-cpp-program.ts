/**
 * node-llama-cpp behind lines of JSON, for the bench: a program of its own, because it is installed apart from the
 * project. Parameters: the folder of the installation, the model, threads, context length. Reads a {@link Generate} per
 * line and prints a {@link Generated}. Ends with its input.
 */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

/** A prompt as token ids, to be continued greedily. */
export interface Generate {
  readonly prompt: readonly number[];
  readonly maxTokens: number;
}

/** What came after the prompt, without the token that ended it, and when: ms after the request was read. */
export interface Generated {
  readonly tokens: readonly number[];
  readonly timesMs: readonly number[];
  /** Tokens of the prompt that were kept from the request before. */
  readonly cachedTokens: number;
}

/** The part of node-llama-cpp that is used here. */
interface Library {
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<{
      createContext(options: object): Promise<{ getSequence(): Sequence }>;
    }>;
    dispose(): Promise<void>;
  }>;
  readonly LlamaLogLevel: { readonly error: string };
}

interface Sequence {
  readonly nextTokenIndex: number;
  adaptStateToTokens(tokens: readonly number[], allowShift: boolean): Promise<void>;
  evaluate(tokens: readonly number[], options: object): AsyncGenerator<number, void>;
}

const [folder = "", modelPath = "", threads = "2", contextSize = "1024"] = process.argv.slice(2);
const entry = join(folder, "node_modules", "node-llama-cpp", "dist", "index.js");
const library = (await import(pathToFileURL(entry).href)) as Library;
const llama = await library.getLlama({
  gpu: false,
  build: "never",
  skipDownload: true,
  progressLogs: false,
  maxThreads: Number(threads),
  logLevel: library.LlamaLogLevel.error,
});
const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
const context = await model.createContext({ contextSize: Number(contextSize), threads: Number(threads) });
const sequence = context.getSequence();
print({ ready: true });
for await (const line of createInterface({ input: process.stdin }))
  print(await generate(JSON.parse(line) as Generate));
await llama.dispose();

async function generate({ prompt, maxTokens }: Generate): Promise<Generated> {
  const startMs = performance.now();
  // The last token is always computed, for its logits.
  await sequence.adaptStateToTokens(prompt.slice(0, -1), false);
  const cachedTokens = sequence.nextTokenIndex;
  const tokens: number[] = [];
  const timesMs: number[] = [];
  for await (const token of sequence.evaluate(prompt.slice(cachedTokens), { temperature: 0 })) {
    tokens.push(token);
    timesMs.push(performance.now() - startMs);
    if (tokens.length >= maxTokens) break;
  }
  return { tokens, timesMs, cachedTokens };
}

function print(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
