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
   * The prompt up to the last whole word of the last message, for a message that may still grow: however it goes on,
   * these are its first tokens. (The next letters change the tokens of the last word, and a quote or line end those of a
   * sign before it, but none reach across a space.)
   */
  forGrowing(messages: readonly ChatMessage[]): number[] {
    const last = messages.at(-1);
    if (last === undefined) return [];
    const whole = /^[^]*\S(?= )/.exec(this.#withoutControlTokens(last.content))?.[0] ?? "";
    const marked = [...messages.slice(0, -1), { ...last, content: whole + END_OF_CONTENT }];
    const rendered = this.#render(marked, false);
    const open = this.#tokenizer.encode(rendered.slice(0, rendered.lastIndexOf(END_OF_CONTENT)));
    // Without a whole word the prompt ends with the template's line end, which may merge with white space.
    return whole === "" ? open.slice(0, -1) : open;
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
