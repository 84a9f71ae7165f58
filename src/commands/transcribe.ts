import { Command } from "commander";

import { LISTENING_SAMPLE_RATE, samplesToMs } from "../../audio/index.ts";
import { readAudioFile } from "../audio-files.ts";
import { transcribeRecording } from "../transcription.ts";
import {
  type CommandContext,
  type CommonOptions,
  configOf,
  printResult,
  withCommonOptions,
  withModels,
} from "./context.ts";

/** `antiphon transcribe FILE…`: what is said in recordings. */
export function transcribeCommand(context: CommandContext): Command {
  const command = new Command("transcribe")
    .description("write down what is said in recordings (wav, flac, mp3, ogg)")
    .argument("<file...>");
  return withCommonOptions(command).action(async (files: string[], options: CommonOptions) => {
    await withModels(context, configOf(options), ["detector", "recognizer"], async (models) => {
      for (const file of files) {
        const samples = await readAudioFile(file, LISTENING_SAMPLE_RATE);
        const startMs = context.clock.nowMs();
        const text = await transcribeRecording(samples, models, context);
        const elapsedMs = Math.round(context.clock.nowMs() - startMs);
        const audioMs = Math.round(samplesToMs(samples.length, LISTENING_SAMPLE_RATE));
        printResult(context, options, { file, text, audioMs, elapsedMs }, [
          files.length > 1 ? `${file}: ${text}` : text,
        ]);
      }
    });
  });
}
