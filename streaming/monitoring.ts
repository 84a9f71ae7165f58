import type { Addressee } from "./addressee.ts";
import type { Answer } from "./answer.ts";
import type { CallOptions, Manner, Transcript } from "./contracts.ts";
import type { Verdict } from "./floor.ts";
import { type HeardWindow, sampleMs } from "./listening.ts";
import {
  announcesMore,
  asAssistant,
  decide,
  ifWhole,
  isCall,
  leavesOpen,
  ownNamesIn,
} from "./monitor/index.ts";
import type { Decision, Evidence, InView } from "./monitor/index.ts";
import type { SessionOptions } from "./session-events.ts";
import { StretchEvidence } from "./stretch-evidence.ts";

/**
 * How certain it must be that a user who talks into silence means nothing, or somebody else; that is rarely believed of
 * what was meant for the assistant (of the queries of `bench decisions`, of none with more than 0.55 and less than 0.8).
 */
const SURE_OF_NOTHING = 0.8;
const SURE_OF_OTHERS = 0.65;

/**
 * How certain a decision must be before the user has finished, and after how much speech: of less, the recogniser often
 * makes sentences that nobody said. Mostly the answer is held by then anyway.
 */
const EARLY_ENOUGH = 0.75;
const EARLY_SPEECH_MS = 560;

/** How probably it must become a command to stop, by word or sound, which is over before that. */
const SOUNDS_LIKE_STOP = 0.6;

/** Words that are still coming are perhaps nothing for the assistant if they are less likely than that to take the floor. */
const LEANS_AWAY = 0.4;

/**
 * Somebody this much quieter than the user may have turned away, or be somebody else: their first words do not end an answer,
 * and until there is enough of them to tell by the sound, they only lower it.
 */
const AWAY_DB = 5.5;
const AWAY_SPEECH_MS = 1100;

/** How long what the assistant said last is remembered, to know its echo and the answer to its question. */
const MEMORY_MS = 8000;

/** What begins so soon after an answer may be the end of its echo. */
const ECHO_TAIL_MS = 200;

/** What is said so soon after nothing but somebody's name is said to them. */
const CALL_MS = 1500;

/** What the recogniser says at the moment, or at the end. */
export interface Words {
  readonly text: string;
  readonly transcript?: Transcript;
  /** How they sound so far, where there is no transcript yet. */
  readonly manner?: Manner | undefined;
  readonly finishedProbability?: number | undefined;
  /** What {@link Monitor.addressed} came to. */
  readonly addressed?: number | undefined;
}

/** An answer that is heard. */
type Audible = Pick<Answer, "heardText">;

type Instructions = Partial<Pick<SessionOptions, "systemPrompt">>;

/** What a stretch was judged to be, what follows from it, and what it was judged by. */
export interface Judgement {
  readonly decision: Decision;
  readonly verdict: Verdict;
  readonly evidence: Evidence;
}

/** Listens to what the user says, also while the assistant speaks, and decides what it is. */
export class Monitor {
  readonly #addressee: Addressee | undefined;
  readonly #evidence = new StretchEvidence();
  #last: { readonly text: string; readonly endedMs: number } = { text: "", endedMs: -Infinity };
  /** When the stretch at hand began, or went on after a pause. */
  #begunMs = -Infinity;
  /** What the stretch at hand was said into, where that was stopped for it. */
  #stopped: Audible | undefined;
  /** When somebody else was called last, with nothing more; and whether the stretch at hand began soon after. */
  #calledMs = -Infinity;
  #isToSomebody = false;
  /** What the camera showed as it began. */
  #inView: InView | undefined;
  #ownNames: readonly string[] = [];

  /** Without an addressee, the language model is not asked. */
  constructor(addressee?: Addressee, settings: Instructions = {}) {
    this.#addressee = addressee;
    this.configure(settings);
  }

  /** Other instructions may call the assistant otherwise; without them it is called as before. */
  configure({ systemPrompt }: Instructions): void {
    if (systemPrompt !== undefined) this.#ownNames = ownNamesIn(systemPrompt);
  }

  hear(window: HeardWindow): void {
    if (window.segment?.type === "speech-resume") this.#begunMs = sampleMs(window.endSample);
    this.#evidence.hear(window);
  }

  /** A stretch of speech begins, with this in view as far as is known. */
  begin(nowMs: number, inView?: InView): void {
    this.#stopped = undefined;
    this.#begunMs = nowMs;
    this.#inView = inView;
    this.#isToSomebody = nowMs - this.#calledMs < CALL_MS;
    this.#evidence.begin();
  }

  /** An answer was stopped. Whoever spoke into it is judged to the end as somebody who did. */
  noteStopped(answer: Audible | undefined): void {
    this.#stopped = answer;
  }

  /** An answer is over; `text` was heard of it. */
  noteAnswer(text: string, nowMs: number): void {
    this.#last = { text, endedMs: nowMs };
  }

  /**
   * The language model's probability that all these words are meant for the assistant, asked where the other clues leave
   * that open; undefined where they do not, or it cannot tell in time. Never rejects.
   */
  async addressed(
    words: Words,
    audible: Audible | undefined,
    nowMs: number,
    { signal }: CallOptions,
  ): Promise<number | undefined> {
    if (this.#addressee === undefined || !leavesOpen(this.#gather(words, audible, nowMs))) return undefined;
    return await this.#addressee.probability(words.text, signal);
  }

  /**
   * What the stretch is, from its words so far (without a transcript) or all of them. `audible` is the answer that it
   * was said into.
   */
  judge(words: Words, audible: Audible | undefined, nowMs: number): Judgement {
    const evidence = this.#gather(words, audible, nowMs);
    const { text, isFinal } = evidence;
    const decision = decide(evidence);
    // Noise that began over an answer, or right behind it, means as little where that has ended by itself since.
    const isNoise = decision.kind === "noise" && this.#begunMs < this.#last.endedMs + ECHO_TAIL_MS;
    const final = isNoise ? "ignore" : verdictOf(decision, evidence);
    const verdict = isFinal ? final : earlyVerdictOf(decision, evidence);
    // Words into silence that end unclearly are answered in the end, too: that is how loud the user is.
    const isTheirs =
      verdict === "yield" || (verdict === "unclear" && !evidence.assistantSpeaking && text !== "");
    if (isFinal && isTheirs) this.#evidence.accept();
    if (isFinal && decision.kind === "side-talk" && isCall(text)) this.#calledMs = nowMs;
    if (verdict !== "yield") return { decision, verdict, evidence };
    return { decision, verdict: announcesMore(text) ? "await" : "yield", evidence };
  }

  /** Gives back what the language model keeps for it. */
  async close(): Promise<void> {
    await this.#addressee?.close();
  }

  #gather(words: Words, audible: Audible | undefined, nowMs: number): Evidence {
    const { text, transcript, finishedProbability, addressed } = words;
    const manner = transcript === undefined ? words.manner : transcript.manner;
    const remembered = nowMs - this.#last.endedMs < MEMORY_MS ? this.#last.text : "";
    const into = audible ?? this.#stopped;
    return this.#evidence.gather({
      text: asAssistant(text, this.#ownNames),
      transcript,
      manner,
      isFinal: transcript !== undefined,
      finishedProbability,
      assistantSpeaking: into !== undefined,
      spokenText: into?.heardText ?? remembered,
      addressed,
      isToSomebody: this.#isToSomebody,
      inView: this.#inView,
    });
  }
}

/** The verdict on a pause; where everything that is said is kept, whatever it is, it is words. */
export function finalVerdict({ decision, verdict }: Judgement, isKept: boolean): Verdict | "stop" {
  if (isKept) return "yield";
  return decision.kind === "stop" ? "stop" : verdict;
}

/**
 * What follows from a decision. Into an answer only what is meant for the assistant counts; into silence it is better to
 * answer once too often than to leave somebody without an answer.
 */
function verdictOf({ kind, probability }: Decision, { assistantSpeaking }: Evidence): Verdict {
  if (kind === "incomplete") return "unclear";
  if (kind === "query" || kind === "stop") return "yield";
  const sure = kind === "side-talk" ? SURE_OF_OTHERS : SURE_OF_NOTHING;
  return assistantSpeaking || probability >= sure ? "ignore" : "yield";
}

/** The same while the user goes on: what is certain counts, and what is not may lean to one side. */
function earlyVerdictOf(decision: Decision, evidence: Evidence): Verdict {
  const { kind, probability } = decision;
  const whole = ifWhole(evidence);
  if (whole.stop >= SOUNDS_LIKE_STOP) return "yield";
  const isMeant = kind === "query" || kind === "stop";
  if (isMeant && seemsAway(evidence)) return "doubtful";
  const isEnough = !isMeant || evidence.speechMs >= EARLY_SPEECH_MS;
  if (kind !== "incomplete" && probability >= EARLY_ENOUGH && isEnough) return verdictOf(decision, evidence);
  const mayBecomeOne =
    kind === "incomplete" && whole.query + whole.stop >= LEANS_AWAY && !seemsAway(evidence);
  return isMeant || mayBecomeOne ? "unclear" : "doubtful";
}

function seemsAway({ levelBelowUserDb = 0, speechMs }: Evidence): boolean {
  return levelBelowUserDb >= AWAY_DB && speechMs < AWAY_SPEECH_MS;
}
