import { Command } from "commander";

import { LISTENING_SAMPLE_RATE, samplesToMs } from "../../audio/index.ts";
import { toAntiphonError } from "../../streaming/index.ts";
import { readAudioFile } from "../audio-files.ts";
import type { Models } from "../compose.ts";
import { transcribeRecording } from "../transcription.ts";
import {
  type CommandContext,
  type CommonOptions,
  configOf,
  printResult,
  withCommonOptions,
  withModels,
} from "./context.ts";
import { ReportedFailure } from "./reported-failure.ts";

/** `antiphon transcribe FILE…`: what is said in recordings. One that cannot be read does not keep back the others. */
export function transcribeCommand(context: CommandContext): Command {
  const command = new Command("transcribe")
    .description("write down what is said in recordings (wav, flac, mp3, ogg)")
    .argument("<file...>");
  return withCommonOptions(command).action(async (files: string[], options: CommonOptions) => {
    await withModels(context, configOf(options), ["detector", "recognizer"], async (models) => {
      let failures = 0;
      for (const file of files) {
        try {
          const result = await transcribeFile(file, models, context);
          const line = files.length > 1 ? `${file}: ${result.text}` : result.text;
          printResult(context, options, result, [line]);
        } catch (error) {
          context.signal.throwIfAborted();
          failures += 1;
          report(context, options, file, error);
        }
      }
      if (failures > 0) throw new ReportedFailure();
    });
  });
}

async function transcribeFile(
  file: string,
  models: Models<"detector" | "recognizer">,
  context: CommandContext,
): Promise<{ file: string; text: string; audioMs: number; elapsedMs: number }> {
  const samples = await readAudioFile(file, LISTENING_SAMPLE_RATE);
  const startMs = context.clock.nowMs();
  const text = await transcribeRecording(samples, models, context);
  const elapsedMs = Math.round(context.clock.nowMs() - startMs);
  return { file, text, audioMs: Math.round(samplesToMs(samples.length, LISTENING_SAMPLE_RATE)), elapsedMs };
}

function report(context: CommandContext, { json }: CommonOptions, file: string, error: unknown): void {
  const { code, message } = toAntiphonError(error);
  if (json === true) context.print(JSON.stringify({ file, error: { code, message } }));
  else context.note(`error (${code}): ${message}`);
}
