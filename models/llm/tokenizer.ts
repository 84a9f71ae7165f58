import { Tokenizer } from "@huggingface/tokenizers";

/** Text ↔ token ids of one checkpoint. */
export class TextTokenizer {
  /** Texts of the tokens that steer the model, such as `<|im_start|>`. */
  readonly controlTokens: readonly string[];
  readonly beginToken: string;
  readonly endToken: string;
  /** Any of these ends an answer. */
  readonly endIds: ReadonlySet<number>;
  readonly #tokenizer: Tokenizer;

  /** `tokenizerJson` and `configJson` in the shape of Hugging Face's tokenizer.json and tokenizer_config.json. */
  constructor(tokenizerJson: TokenizerJson, configJson: TokenizerConfigJson) {
    this.#tokenizer = new Tokenizer(tokenizerJson, configJson);
    this.controlTokens = tokenizerJson.added_tokens.map((token) => token.content);
    this.beginToken = configJson.bos_token ?? "";
    this.endToken = configJson.eos_token ?? "";
    const ends = [this.endToken, "<|im_end|>", "<|endoftext|>", "<|eot_id|>"];
    const ids = tokenizerJson.added_tokens
      .filter((token) => ends.includes(token.content))
      .map(({ id }) => id);
    this.endIds = new Set(ids);
  }

  /** Token ids of a text in which control tokens mean what they say. */
  encode(text: string): number[] {
    return text === "" ? [] : this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** The text of token ids; bytes of an unfinished character show as U+FFFD. */
  decode(ids: readonly number[]): string {
    return ids.length === 0 ? "" : this.#tokenizer.decode([...ids], { skip_special_tokens: true });
  }
}

export interface TokenizerJson {
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
}

export interface TokenizerConfigJson {
  readonly bos_token?: string;
  readonly eos_token?: string;
  readonly clean_up_tokenization_spaces?: boolean;
}
