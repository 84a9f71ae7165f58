import { isAboutView } from "./about-view.ts";
import { textOf } from "./chat-text.ts";
import type { ChatMessage } from "./contracts.ts";
import { hasCutAnswer } from "./cut-answers.ts";
import { lastWordsNote } from "./last-words.ts";
import type { Look } from "./look.ts";
import { hasPicture, isAttached, namesIn, NOTHING_SEEN, showTheSame } from "./seen.ts";
import { SEEING } from "./sight-words.ts";
import type { Seen } from "./seen.ts";
import type { ContextMessage } from "./session-events.ts";
import { characters, messageOf, saidElsewhere, type SaidMessage } from "./said-message.ts";
import { shortResult } from "./tool-round.ts";

/**
 * Beyond this much text the oldest turns are forgotten, down to the second figure: rarely and many at once, because
 * models on a server compute everything behind a cut again. English has about four letters to a token, and a token of the 1.5B costs a
 * fifth more time after 450 of them than after 60.
 */
const KEPT_CHARACTERS = 1200;
const KEPT_AFTER_CUT_CHARACTERS = 500;

/** Of a turn that goes on and on, by calls and what came of them, this much is kept: its question and the newest. */
const KEPT_OF_TURN_CHARACTERS = 16_000;

/** Of what stands unanswered, so much is the question: what was said before may be about something else. */
const STANDING_CHARACTERS = 160;

/** Messages whose pictures are kept: what is in view, and what was before, so that one can ask what has changed. */
const KEPT_VIEWS = 2;

/** Results that wait for their calls; those whose calls never come, or are forgotten, wait in vain. */
const KEPT_EARLY_RESULTS = 16;

/** What has become of a call. */
type Result = Extract<ContextMessage, { readonly role: "tool" }>;

/** An answer, as far as it was heard. */
export interface HeardAnswer {
  readonly text: string;
  /** It was not written, or not heard, to its end. */
  readonly isCut?: boolean;
  /** The calls that were made for it, each round with its results. */
  readonly toolMessages: readonly ChatMessage[];
}

/** A question that got none. */
export const UNANSWERED: HeardAnswer = { text: "", toolMessages: [] };

/** What was said in a conversation, as both sides heard it, and what was in view. */
export class ConversationHistory {
  #system: string;
  #messages: readonly SaidMessage[] = [];
  /** Names it, anew each time that it is told or instructed anew: what is taken out of it has no say in what comes. */
  #context: string = crypto.randomUUID();
  /** Whoever a call was handed over to may be done before the answer is over that has it in it. */
  #early: readonly Result[] = [];

  constructor(systemPrompt: string) {
    this.#system = systemPrompt;
  }

  /** What the user has said last and nobody has answered, the end of it; empty where somebody has. */
  get standing(): string {
    const last = this.#messages.at(-1);
    return last?.role === "user" ? last.text.slice(-STANDING_CHARACTERS) : "";
  }

  /** Whether it holds an answer that was cut off in the middle of a sentence. */
  get hasCutAnswer(): boolean {
    return hasCutAnswer(this.#messages);
  }

  /** Names what its prompts are the newest part of. */
  get context(): string {
    return this.#context;
  }

  /** From now on the prompt begins so. */
  instruct(systemPrompt: string): void {
    if (systemPrompt !== this.#system) this.#context = crypto.randomUUID();
    this.#system = systemPrompt;
  }

  /**
   * Keeps what was said elsewhere, as long as what is said here. A result whose call is known takes its place; without its
   * call it stands in no prompt, because many servers refuse one with such a result.
   */
  append(messages: readonly ContextMessage[]): void {
    // In place, and each read once: a conversation that is told anew may have a thousand of them.
    const kept = [...this.#messages];
    const called = new Set(kept.flatMap(callIdsOf));
    const told = new Map(kept.map(({ tool }, index) => [tool?.toolCallId, index]));
    for (const message of messages) {
      const said = saidElsewhere(message);
      if (message.role !== "tool") {
        const before = kept.at(-1);
        const whole = before && joined(before, said);
        if (whole === undefined) kept.push(said);
        else kept[kept.length - 1] = whole;
        for (const id of callIdsOf(said)) called.add(id);
        continue;
      }
      const { toolCallId } = message;
      const place = told.get(toolCallId) ?? (called.has(toolCallId) ? kept.length : undefined);
      if (place === undefined) this.#early = [...this.#early, message].slice(-KEPT_EARLY_RESULTS);
      else {
        told.set(toolCallId, place);
        kept[place] = said;
      }
    }
    this.#messages = withoutOld(kept);
  }

  /** Tells what has become of a call that was made before. Returns whether it is known. */
  settle(callId: string, text: string): boolean {
    const isTold = ({ tool }: SaidMessage): boolean => tool?.toolCallId === callId;
    const told = shortResult(text);
    this.#messages = this.#messages.map((message) =>
      isTold(message) ? { ...message, text: told } : message,
    );
    return this.#messages.some(isTold);
  }

  /** Begins anew with these. */
  replace(messages: readonly ContextMessage[]): void {
    this.#messages = [];
    this.#early = [];
    this.#context = crypto.randomUUID();
    this.append(messages);
  }

  /** The prompt's messages for a question, or for what stands there; a note counts where that ends with an answer. */
  promptFor(question: string, { seen, instead }: Pick<Look, "seen" | "instead">): readonly ChatMessage[] {
    if (question !== "") return this.withQuestion(question, seen);
    if (instead.prompt !== undefined) return instead.prompt;
    const { note } = instead;
    const prompt = this.asItStands(seen);
    return note === undefined || prompt.at(-1)?.role !== "assistant"
      ? prompt
      : [...prompt, { role: "user", content: note }];
  }

  /** The prompt's messages, as they are to be answered; a picture stands with the last question. */
  asItStands(seen: Seen = NOTHING_SEEN): readonly ChatMessage[] {
    return this.#messages.at(-1)?.role === "user"
      ? this.withQuestion("", seen)
      : this.#prompt(this.#messages, seen);
  }

  /**
   * The prompt's messages, with a question that is not yet part of the history; where it is about something else, without
   * what is in view; where it asks what was said last, with that. All before the question is the same either way: what was
   * computed of it ahead stays right.
   */
  withQuestion(text: string, seen: Seen = NOTHING_SEEN): readonly ChatMessage[] {
    const before = withoutPicture(this.#messages, seen);
    const asked = appended(before, { role: "user", text, seen: this.#shownWith(text, seen) });
    return this.#prompt(withLastWords(asked, text), seen);
  }

  /** What of that belongs to a question. */
  #shownWith(text: string, seen: Seen): Seen {
    if (seen.length === 0 || isAttached(seen)) return seen;
    const questions = appended(this.#messages, { role: "user", text, seen: NOTHING_SEEN })
      .filter(({ role }) => role === "user")
      .map((message) => message.text);
    // Who names what was in view before asks about that, also where it is gone by now.
    const names = [seen, ...this.#messages.map((message) => message.seen)].flatMap(namesIn);
    return isAboutView(questions, names) ? seen : NOTHING_SEEN;
  }

  #prompt(asked: readonly SaidMessage[], inView: Seen = NOTHING_SEEN): readonly ChatMessage[] {
    const kept = withFewViews(asked);
    const isSeeing = hasPicture(inView) || kept.some((message) => hasPicture(message.seen));
    const system = isSeeing ? `${this.#system} ${SEEING}` : this.#system;
    return [{ role: "system", content: system }, ...kept.map(messageOf)];
  }

  /** The history as it would be if no more of the answer were heard than this. */
  supposing(question: string, seen: Seen, heard: HeardAnswer): ConversationHistory {
    const supposed = new ConversationHistory(this.#system);
    supposed.#messages = this.#messages;
    supposed.#early = this.#early;
    supposed.#context = this.#context;
    supposed.add(question, seen, heard);
    return supposed;
  }

  /**
   * Keeps a finished exchange. An answer of which nothing was heard leaves the question and what was called for it; an empty
   * question is none.
   */
  add(question: string, view: Seen, { text, isCut = false, toolMessages }: HeardAnswer): void {
    // That nothing could be seen, or not clearly, was true then only.
    const seen = hasPicture(view) ? this.#shownWith(question, view) : NOTHING_SEEN;
    const isNew = question !== "" || hasPicture(seen);
    const asked = isNew ? appended(this.#messages, { role: "user", text: question, seen }) : this.#messages;
    const called = toolMessages.map(({ role, content, ...tool }): SaidMessage => ({
      role,
      text: this.#earlyResult(tool.toolCallId) ?? textOf({ content }),
      seen: NOTHING_SEEN,
      tool,
    }));
    const told: readonly SaidMessage[] =
      text === "" ? [] : [{ role: "assistant", text, isCut, seen: NOTHING_SEEN }];
    const answered = [...asked, ...called, ...told];
    this.#messages = withFewViews(withoutOld(answered));
  }

  #earlyResult(callId: string | undefined): string | undefined {
    const result = this.#early.findLast(({ toolCallId }) => toolCallId === callId);
    return result && shortResult(result.text);
  }
}

/**
 * Two messages of one role in a row are one: a user who was cut off and went on has asked one question. What would make
 * it endless is left out at its beginning. A picture that is still in view moves to the newest question: what is said about
 * it stands closest to it, and it is there once.
 */
function appended(messages: readonly SaidMessage[], message: SaidMessage): readonly SaidMessage[] {
  const before = withoutPicture(messages, message.seen);
  const last = before.at(-1);
  const whole = last && joined(last, message);
  return whole === undefined ? [...before, message] : [...before.slice(0, -1), whole];
}

function withoutPicture(messages: readonly SaidMessage[], seen: Seen): readonly SaidMessage[] {
  return messages.map((earlier) =>
    showTheSame(earlier.seen, seen) ? { ...earlier, seen: NOTHING_SEEN } : earlier,
  );
}

/** Where what is asked now, or stands there last, asks what was said last, with that. */
function withLastWords(messages: readonly SaidMessage[], question: string): readonly SaidMessage[] {
  const asked = messages.at(-1);
  const said = messages.findLast(({ role, text }) => role === "assistant" && text !== "");
  const note = lastWordsNote(question === "" ? (asked?.text ?? "") : question, said?.text ?? "");
  if (asked === undefined || note === undefined) return messages;
  return [...messages.slice(0, -1), { ...asked, text: `${asked.text} ${note}` }];
}

/** Both as one; undefined where they stay two. */
function joined(last: SaidMessage, message: SaidMessage): SaidMessage | undefined {
  if (last.role !== message.role || last.tool !== undefined || message.tool !== undefined) return undefined;
  const earlier = message.text === "" ? last.text : last.text.slice(-KEPT_AFTER_CUT_CHARACTERS);
  const text = `${earlier} ${message.text}`.trim();
  const seen = hasPicture(message.seen) ? message.seen : [...last.seen, ...message.seen];
  const { isCut } = message.text === "" ? last : message;
  return { ...last, text, seen, ...(isCut !== undefined && { isCut }) };
}

function callIdsOf({ tool }: SaidMessage): readonly string[] {
  return tool?.toolCalls?.map(({ id }) => id) ?? [];
}

/** Pictures cost far more than words, and what they showed has been talked about: the older ones go first. */
function withFewViews(messages: readonly SaidMessage[]): readonly SaidMessage[] {
  const views = messages.filter(({ seen }) => hasPicture(seen));
  const dropped = new Set(views.slice(0, -KEPT_VIEWS));
  return messages.map((message) => (dropped.has(message) ? { ...message, seen: NOTHING_SEEN } : message));
}

function withoutOld(messages: readonly SaidMessage[]): readonly SaidMessage[] {
  return characters(messages) > KEPT_CHARACTERS ? withoutOrphans(newest(messages)) : messages;
}

/** A cut parts no result from its call: where the call is gone, so is the result. */
function withoutOrphans(messages: readonly SaidMessage[]): readonly SaidMessage[] {
  const called = new Set<string>();
  return messages.filter(({ tool }) => {
    for (const { id } of tool?.toolCalls ?? []) called.add(id);
    return tool?.toolCallId === undefined || called.has(tool.toolCallId);
  });
}

/** The newest turns, beginning with a question; the last turn stays, even where it is long. */
function newest(messages: readonly SaidMessage[]): readonly SaidMessage[] {
  const starts = messages.flatMap(({ role }, index) => (role === "user" ? [index] : []));
  const fits = starts.find((start) => characters(messages.slice(start)) <= KEPT_AFTER_CUT_CHARACTERS);
  return shortened(messages.slice(fits ?? starts.at(-1)));
}

/** The question, and as much of what came after it as may be kept. */
function shortened(turn: readonly SaidMessage[]): readonly SaidMessage[] {
  if (characters(turn) <= KEPT_OF_TURN_CHARACTERS) return turn;
  const question = turn.slice(0, turn[0]?.role === "user" ? 1 : 0);
  const rest = turn.slice(question.length);
  const starts = rest.flatMap(({ role }, index) => (role === "tool" ? [] : [index]));
  const fits = starts.find((start) => characters(rest.slice(start)) <= KEPT_OF_TURN_CHARACTERS);
  return [...question, ...rest.slice(fits ?? rest.length)];
}
