/** The package's own declarations import without file extensions, which NodeNext resolution refuses. */
declare module "@huggingface/tokenizers" {
  export class Tokenizer {
    constructor(tokenizerJson: object, configJson: object);
    encode(text: string, options?: { add_special_tokens?: boolean }): { ids: number[] };
    decode(ids: number[], options?: { skip_special_tokens?: boolean }): string;
    get_added_tokens_decoder(): Map<number, { content: string }>;
    token_to_id(token: string): number | undefined;
  }
}
