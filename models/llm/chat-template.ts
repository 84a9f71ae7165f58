import { Template } from "@huggingface/jinja";

import type { ChatMessage } from "../../streaming/index.ts";
import type { TextTokenizer } from "./tokenizer.ts";

/** A mark that no person types and no template changes, to find where the last message ends in the rendered text. */
const END_OF_CONTENT = "\u{F8FF}end-of-content\u{F8FF}";

/** Turns messages into the token sequence that the checkpoint was trained on. */
export class ChatPrompt {
  readonly #template: Template;
  readonly #tokenizer: TextTokenizer;

  constructor(template: string, tokenizer: TextTokenizer) {
    this.#template = new Template(template);
    this.#tokenizer = tokenizer;
  }

  /** The whole prompt, ready for the assistant to speak. */
  forAnswer(messages: readonly ChatMessage[]): number[] {
    return this.#tokenizer.encode(this.#render(messages, true));
  }

  /**
   * The prompt up to the end of the last message's content, for a message that may still grow: its last token is left
   * out, because the next letters may change it.
   */
  forGrowing(messages: readonly ChatMessage[]): number[] {
    const last = messages.at(-1);
    if (last === undefined) return [];
    const marked = [...messages.slice(0, -1), { ...last, content: last.content + END_OF_CONTENT }];
    const rendered = this.#render(marked, false);
    const open = rendered.slice(0, rendered.indexOf(END_OF_CONTENT));
    return this.#tokenizer.encode(open).slice(0, -1);
  }

  #render(messages: readonly ChatMessage[], addGenerationPrompt: boolean): string {
    return this.#template.render({
      messages: messages.map(({ role, content }) => ({ role, content: this.#withoutControlTokens(content) })),
      add_generation_prompt: addGenerationPrompt,
      bos_token: this.#tokenizer.beginToken,
      eos_token: this.#tokenizer.endToken,
    });
  }

  /** What people type or say is data: it must not be able to end its own message and begin another. */
  #withoutControlTokens(content: string): string {
    let clean = content;
    let before: string;
    do {
      before = clean;
      for (const token of this.#tokenizer.controlTokens) clean = clean.replaceAll(token, " ");
    } while (clean !== before);
    return clean;
  }
}
