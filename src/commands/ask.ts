import { Command } from "commander";

import type { CallOptions, GenerateRequest, LanguageModel } from "../../streaming/index.ts";
import { cleanTypedText } from "../typed-text.ts";
import {
  type CommandContext,
  type CommonOptions,
  configOf,
  printResult,
  withCommonOptions,
  withModels,
} from "./context.ts";

/** `antiphon ask TEXT`: one question, one answer, both in writing. */
export function askCommand(context: CommandContext): Command {
  const command = new Command("ask").description("answer a question in writing").argument("<text>");
  return withCommonOptions(command).action(async (text: string, options: CommonOptions) => {
    const config = configOf(options);
    const question = cleanTypedText(text, config.limits.maxTextLength);
    const { systemPrompt, sampling, maxAnswerTokens } = config.conversation;
    const request: GenerateRequest = {
      seat: "ask",
      messages: [
        { role: "system", content: systemPrompt },
        { role: "user", content: question },
      ],
      maxTokens: maxAnswerTokens,
      sampling,
      stop: [],
    };
    const answer = await withModels(context, config, ["languageModel"], async ({ languageModel }) => {
      return await generateAnswer(languageModel, request, context);
    });
    printResult(context, options, answer, [answer.text]);
  });
}

interface Answer {
  readonly text: string;
  readonly firstTokenMs: number;
  readonly tokens: number;
  /** Of the tokens after the first one. */
  readonly tokensPerSecond: number;
}

async function generateAnswer(
  model: LanguageModel,
  request: GenerateRequest,
  { clock, signal }: CallOptions & Pick<CommandContext, "clock">,
): Promise<Answer> {
  const startMs = clock.nowMs();
  let firstTokenMs = 0;
  let text = "";
  let tokens = 0;
  for await (const event of model.generate(request, { signal })) {
    if (event.type === "text-delta") {
      if (text === "") firstTokenMs = clock.nowMs() - startMs;
      text += event.text;
    } else if (event.type === "generation-end") tokens = event.completionTokens;
  }
  const decodeSeconds = (clock.nowMs() - startMs - firstTokenMs) / 1000;
  return {
    text: text.trim(),
    firstTokenMs: Math.round(firstTokenMs),
    tokens,
    tokensPerSecond:
      tokens > 1 && decodeSeconds > 0 ? Math.round(((tokens - 1) / decodeSeconds) * 10) / 10 : 0,
  };
}
