import { Template } from "@huggingface/jinja";

import { AntiphonError } from "../../streaming/index.ts";
import type { ChatMessage, FramePart, TextPart, ToolCall } from "../../streaming/index.ts";
import type { TextTokenizer } from "./tokenizer.ts";

/** A character that no template contains; taken out of what people say, it can stand for what is no text. */
const MARK = "\u{F8FF}";

/** Where the last message ends in the rendered text. */
const END_OF_CONTENT = `${MARK}end-of-content${MARK}`;

/** Where a frame stands in the rendered text. */
const FRAME = `${MARK}frame${MARK}`;

export interface ChatPromptOptions {
  /** The tokens that stand for a frame's vectors. */
  readonly tokensOf?: (frame: FramePart) => readonly number[];
  /**
   * What the template itself writes for a picture, where it was made for messages of parts: `<image>`. Other templates
   * know text only; a frame stands in it with a space on either side.
   */
  readonly pictureMark?: string;
}

type Part = TextPart | FramePart;

/** A message as the template gets it. */
interface WrittenMessage {
  readonly role: ChatMessage["role"];
  readonly parts: readonly Part[];
  readonly toolCalls: readonly ToolCall[];
}

/** Turns messages into the token sequence that the checkpoint was trained on. */
export class ChatPrompt {
  readonly #template: Template;
  readonly #tokenizer: TextTokenizer;
  readonly #tokensOf: (frame: FramePart) => readonly number[];
  readonly #pictureMark: string | undefined;

  constructor(template: string, tokenizer: TextTokenizer, options: ChatPromptOptions = {}) {
    this.#template = new Template(template);
    this.#tokenizer = tokenizer;
    this.#tokensOf = options.tokensOf ?? (() => []);
    this.#pictureMark = options.pictureMark;
  }

  /** The whole prompt, ready for the assistant to speak. */
  forAnswer(messages: readonly ChatMessage[]): number[] {
    const written = messages.map((message) => this.#written(message));
    return this.#encode(this.#render(written, true), written);
  }

  /**
   * The prompt up to the last whole word of the last message, for a message that may still grow: however it goes on,
   * these are its first tokens. (The next letters change the tokens of the last word, and a quote or line end those of a
   * sign before it, but none reach across a space.)
   */
  forGrowing(messages: readonly ChatMessage[]): number[] {
    const written = messages.map((message) => this.#written(message));
    const last = written.at(-1);
    if (last === undefined) return [];
    const { before, whole } = grown(last.parts);
    const end: Part = { type: "text", text: whole + END_OF_CONTENT };
    const marked = [...written.slice(0, -1), { ...last, parts: [...before, end] }];
    const rendered = this.#render(marked, false);
    const open = rendered.slice(0, rendered.lastIndexOf(END_OF_CONTENT));
    if (whole !== "") return this.#encode(open, marked);
    const mark = this.#pictureMark ?? FRAME;
    // Nothing merges with a frame. Else the prompt ends with the template's line end, which may merge with white space.
    return before.at(-1)?.type === "frame"
      ? this.#encode(open.slice(0, open.lastIndexOf(mark) + mark.length), marked)
      : this.#encode(open, marked).slice(0, -1);
  }

  #render(messages: readonly WrittenMessage[], addGenerationPrompt: boolean): string {
    return this.#template.render({
      messages: messages.map(({ role, parts, toolCalls }) => ({
        role,
        content: this.#content(parts),
        ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(writtenCall) }),
      })),
      add_generation_prompt: addGenerationPrompt,
      bos_token: this.#tokenizer.beginToken,
      eos_token: this.#tokenizer.endToken,
    });
  }

  /** As this template takes it. */
  #content(parts: readonly Part[]): string | { readonly type: string; readonly text?: string }[] {
    if (this.#pictureMark === undefined)
      return parts.map((part) => (part.type === "frame" ? FRAME : part.text)).join(" ");
    return parts.map((part) => (part.type === "frame" ? { type: "image" } : part));
  }

  /** Tokens of the rendered text, with those of the frames in their places. */
  #encode(rendered: string, messages: readonly WrittenMessage[]): number[] {
    const frames = messages.flatMap(({ parts }) => parts.filter((part) => part.type === "frame"));
    const [first = "", ...texts] = rendered.split(this.#pictureMark ?? FRAME);
    if (texts.length !== frames.length) {
      throw new AntiphonError(
        "checkpoint-unsupported",
        `the chat template has ${texts.length} places for ${frames.length} pictures`,
      );
    }
    const tokens = this.#tokenizer.encode(first);
    for (const [index, frame] of frames.entries())
      tokens.push(...this.#tokensOf(frame), ...this.#tokenizer.encode(texts[index] ?? ""));
    return tokens;
  }

  #written({ role, content, toolCalls = [] }: ChatMessage): WrittenMessage {
    const parts: readonly Part[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
    const clean = (part: Part): Part =>
      part.type === "frame" ? part : { ...part, text: this.#withoutControlTokens(part.text) };
    const cleanCall = (call: ToolCall): ToolCall => ({
      ...call,
      name: this.#withoutControlTokens(call.name),
      arguments: this.#withoutControlTokens(call.arguments),
    });
    return { role, parts: parts.map(clean), toolCalls: toolCalls.map(cleanCall) };
  }

  /** What people type or say is data: it must not be able to end its own message and begin another. */
  #withoutControlTokens(content: string): string {
    let clean = content.replaceAll(MARK, " ");
    let before: string;
    do {
      before = clean;
      for (const token of this.#tokenizer.controlTokens) clean = clean.replaceAll(token, " ");
    } while (clean !== before);
    return clean;
  }
}

/** A call as templates take it: arguments as an object, none where they are no JSON. */
function writtenCall({ name, arguments: json }: ToolCall): object {
  try {
    return { type: "function", function: { name, arguments: JSON.parse(json) as unknown } };
  } catch {
    return { type: "function", function: { name, arguments: {} } };
  }
}

/** What of a growing message will stay as it is: the parts before its last text, and that up to its last whole word. */
function grown(parts: readonly Part[]): { readonly before: readonly Part[]; readonly whole: string } {
  const last = parts.at(-1);
  if (last?.type !== "text") return { before: parts, whole: "" };
  return { before: parts.slice(0, -1), whole: /^[^]*\S(?= )/.exec(last.text)?.[0] ?? "" };
}
