import { Command } from "commander";

import { samplesToMs } from "../../audio/index.ts";
import { AntiphonError, clausesOf, type SpeechSynthesizer, type WordTiming } from "../../streaming/index.ts";
import { requireWritable, writeAudioFile } from "../audio-files.ts";
import { cleanTypedText } from "../typed-text.ts";
import {
  type CommandContext,
  type CommonOptions,
  configOf,
  printResult,
  withCommonOptions,
  withModels,
} from "./context.ts";

interface SayOptions extends CommonOptions {
  readonly out: string;
}

/** `antiphon say TEXT --out FILE`: a text as sound. */
export function sayCommand(context: CommandContext): Command {
  const command = new Command("say")
    .description("speak a text into a file")
    .argument("<text>")
    .requiredOption("--out <file>", "where to write the sound (wav)");
  return withCommonOptions(command).action(async (text: string, options: SayOptions) => {
    await requireWritable(options.out);
    const config = configOf(options);
    const written = cleanTypedText(text, config.limits.maxTextLength);
    const speech = await withModels(context, config, ["synthesizer"], async ({ synthesizer }) => {
      return await speak(synthesizer, written, config.conversation.speed, context);
    });
    const { samples, sampleRate, ...report } = speech;
    if (samples.length === 0) throw new AntiphonError("text-empty", "nothing in the text can be spoken");
    await writeAudioFile(options.out, [samples], sampleRate);
    const audioMs = Math.round(samplesToMs(samples.length, sampleRate));
    const line = `${options.out}: ${audioMs} ms of sound, the first after ${report.firstAudioMs} ms`;
    printResult(context, options, { file: options.out, audioMs, ...report }, [line]);
  });
}

interface Speech {
  readonly samples: Float32Array;
  readonly sampleRate: number;
  readonly firstAudioMs: number;
  readonly elapsedMs: number;
  readonly words: readonly WordTiming[];
}

/** Clause by clause, as the conversation does it. */
async function speak(
  synthesizer: SpeechSynthesizer,
  text: string,
  speed: number,
  { clock, signal }: Pick<CommandContext, "clock" | "signal">,
): Promise<Speech> {
  const startMs = clock.nowMs();
  const { sampleRate } = synthesizer;
  const chunks: Float32Array[] = [];
  const words: WordTiming[] = [];
  let length = 0;
  let firstAudioMs = 0;
  for (const clause of clausesOf(text)) {
    const offsetMs = samplesToMs(length, sampleRate);
    for await (const chunk of synthesizer.synthesize({ text: clause.text, speed }, { signal })) {
      if (length === 0) firstAudioMs = Math.round(clock.nowMs() - startMs);
      length += chunk.samples.length;
      chunks.push(chunk.samples);
      for (const word of chunk.words) words.push(shifted(word, offsetMs));
    }
  }
  const samples = new Float32Array(length);
  let position = 0;
  for (const chunk of chunks) {
    samples.set(chunk, position);
    position += chunk.length;
  }
  return { samples, sampleRate, firstAudioMs, elapsedMs: Math.round(clock.nowMs() - startMs), words };
}

function shifted({ text, startMs, endMs }: WordTiming, offsetMs: number): WordTiming {
  return { text, startMs: Math.round(startMs + offsetMs), endMs: Math.round(endMs + offsetMs) };
}
