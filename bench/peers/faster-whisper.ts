import { copyFile, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { PackPaths } from "../../models/packs/index.ts";
import { projectFile } from "../../src/project.ts";
import { benchFolder, exists, hasProgram, installOnce, LineProgram, runProgram } from "../programs.ts";

/** The peer and its engine. */
export const FASTER_WHISPER = ["faster-whisper==1.2.1", "ctranslate2==4.8.5", "numpy==2.2.6"] as const;

const answer = z.object({ text: z.string(), ms: z.number() });

/** faster-whisper on the pack's own weights: int8, greedy, without timestamps and without its own voice detection. */
export class FasterWhisper {
  readonly #program: LineProgram;

  private constructor(program: LineProgram) {
    this.#program = program;
  }

  /** Installs the peer into the cache at its first use and loads the weights. Needs python3 with pip. */
  static async start(paths: PackPaths, threads: number, signal: AbortSignal): Promise<FasterWhisper> {
    const python = await installPython(signal);
    const model = await layOutModel(paths);
    const script = projectFile("bench/peers/faster_whisper_peer.py");
    const program = new LineProgram(python, [script, model, String(threads)], { signal });
    try {
      await program.next();
      return new FasterWhisper(program);
    } catch (error) {
      await program.end();
      throw error;
    }
  }

  /** What it hears in a 16 kHz mono WAV file, and how long that took after the file was read. */
  async transcribe(file: string): Promise<z.infer<typeof answer>> {
    return answer.parse(await this.#program.ask({ file }));
  }

  async end(): Promise<void> {
    await this.#program.end();
  }
}

/** A virtual environment with the pinned packages; returns its interpreter. */
async function installPython(signal: AbortSignal): Promise<string> {
  const folder = await benchFolder("faster-whisper");
  const python = join(folder, "bin", "python");
  await installOnce(folder, FASTER_WHISPER, async () => {
    if (!(await hasProgram("python3"))) throw new Error("the bench of recognition needs python3 with pip");
    await runProgram("python3", ["-m", "venv", "--clear", folder], { signal });
    await runProgram(python, ["-m", "pip", "install", "-q", ...FASTER_WHISPER], { signal });
  });
  return python;
}

/** The pack's files under the names that CTranslate2 expects, and the vocabulary that it wants besides. */
async function layOutModel(paths: PackPaths): Promise<string> {
  const folder = await benchFolder("whisper-tiny.en");
  const weights = join(folder, "model.bin");
  if (!(await exists(weights))) await symlink(paths["speech-recognition"], weights);
  await copyFile(paths["speech-recognition-config"], join(folder, "config.json"));
  const tokenizer = join(folder, "tokenizer.json");
  await copyFile(paths["speech-recognition-tokenizer"], tokenizer);
  const { model, added_tokens: added } = tokenizerSchema.parse(JSON.parse(await readFile(tokenizer, "utf8")));
  const named = [...Object.entries(model.vocab), ...added.map(({ content, id }) => [content, id] as const)];
  const tokens = named.toSorted(([, a], [, b]) => a - b).map(([token]) => token);
  const vocabulary = [...new Set([...tokens, ...TIMESTAMPS])];
  await writeFile(join(folder, "vocabulary.json"), JSON.stringify(vocabulary));
  return folder;
}

/** Whisper's last tokens, every 20 ms up to 30 s, which the tokenizer's file leaves out. */
const TIMESTAMPS = Array.from({ length: 1501 }, (_, step) => `<|${(step * 0.02).toFixed(2)}|>`);

const tokenizerSchema = z.object({
  model: z.object({ vocab: z.record(z.string(), z.int()) }),
  added_tokens: z.array(z.object({ id: z.int(), content: z.string() })),
});
