import type { TurnTimings } from "../../../streaming/index.ts";

/** As OpenAI counts: sound of the user is a token each 100 ms, of the assistant each 50 ms. */
const HEARD_TOKEN_MS = 100;
const SPOKEN_TOKEN_MS = 50;
const LETTERS_PER_TOKEN = 4;

type Usage = Readonly<Record<string, unknown>>;

/**
 * What a response took. Prompts are counted by the language model, its answers by the pieces in which they come, sound by
 * its length: the model that thinks reads and writes words only.
 */
export function usageOf(spent: {
  readonly timings: TurnTimings;
  readonly outputTokens: number;
  readonly soundMs: number;
}): Usage {
  const { promptTokens = 0, cachedTokens = 0 } = spent.timings;
  const audio = Math.ceil(spent.soundMs / SPOKEN_TOKEN_MS);
  const output = spent.outputTokens + audio;
  return {
    total_tokens: promptTokens + output,
    input_tokens: promptTokens,
    output_tokens: output,
    input_token_details: {
      text_tokens: promptTokens,
      audio_tokens: 0,
      image_tokens: 0,
      cached_tokens: cachedTokens,
      cached_tokens_details: { text_tokens: cachedTokens, audio_tokens: 0, image_tokens: 0 },
    },
    output_token_details: { text_tokens: spent.outputTokens, audio_tokens: audio },
  };
}

/** What a transcription took: sound by its length, words by their letters. */
export function transcriptionUsage(soundMs: number, text: string): Usage {
  const input = Math.ceil(soundMs / HEARD_TOKEN_MS);
  const output = Math.ceil(text.length / LETTERS_PER_TOKEN);
  return {
    type: "tokens",
    total_tokens: input + output,
    input_tokens: input,
    input_token_details: { text_tokens: 0, audio_tokens: input },
    output_tokens: output,
  };
}
