import { namesThing, pointsAtView } from "../about-view.ts";
import type { Evidence, UtteranceKind } from "./types.ts";
import { callsSomebody, isCall, namesAssistant } from "./names.ts";
import {
  isAnswer,
  isBackchannel,
  isFiller,
  isInterjection,
  isInvention,
  isOpenEnded,
  isReported,
  isRequest,
  isSaidToPeople,
  isStopCommand,
  overlapWith,
  wordsOf,
} from "./words.ts";

/** One observation and how it speaks for or against each kind, in log-odds (nats): 1 is a hint, 3 is strong, 6 settles it. */
export interface Clue {
  readonly weights: Partial<Readonly<Record<UtteranceKind, number>>>;
  readonly reason: string;
}

/** The recogniser's doubt: 0 where it is sure of the words, 1 where they are worth nothing. */
function doubt({ recognition }: Evidence): number {
  if (recognition === undefined) return 0;
  // Speech, also in noise 5 dB below it, has hardly ever a mean log probability under -1 or a no-speech probability over 0.4.
  const unsure = ramp(-recognition.averageLogProbability, 0.6, 1.4);
  const unspoken = ramp(recognition.noSpeechProbability, 0.25, 0.8);
  return recognition.rejected ? 1 : Math.max(unsure, unspoken);
}

/** Whether somebody may be answering what the assistant has just asked. */
function isAsked({ assistantSpeaking, spokenText }: Evidence): boolean {
  return !assistantSpeaking && spokenText.trimEnd().endsWith("?");
}

/** Everything that speaks for or against a kind. Evidence that is missing gives no clue. */
export function cluesOf(evidence: Evidence): readonly Clue[] {
  const words = wordsOf(evidence.text);
  const all = [
    ...soundClues(evidence, words),
    ...(words.length === 0 ? [] : mannerClues(evidence, words)),
    ...(words.length === 0 ? wordlessClues(evidence) : wordClues(evidence, words)),
  ];
  return all.filter((clue) => clue !== undefined);
}

type MaybeClue = Clue | undefined;

/** Signs of listening and commands are shorter than that. */
const SHORT_MS = 1100;

/**
 * What a trained head makes of the sound. It was trained on what the words know as well, and so only helps where they were
 * misheard. The beginning of anything sounds like a sign of listening to it, but neither like a command nor as from afar.
 */
function mannerClues(evidence: Evidence, words: readonly string[]): MaybeClue[] {
  const { manner, speechMs, text, isFinal } = evidence;
  if (manner === undefined) return [];
  const isKnown = isStopCommand(words) || isBackchannel(words) || isRequest(text);
  const isShort = speechMs < SHORT_MS && !isKnown;
  return [
    clue(
      isFinal || speechMs >= SHORT_MS ? ramp(manner.far, 0.3, 0.7) : 0,
      { "side-talk": 3, query: -1 },
      "it sounds as from afar",
    ),
    clue(
      isShort && isFinal ? ramp(manner.backchannel, 0.3, 0.7) : 0,
      { backchannel: 5.5, query: -2.5 },
      "it sounds like a sign of listening",
    ),
    clue(
      isShort ? ramp(manner.stop, 0.5, 0.9) : 0,
      { stop: 6, backchannel: -2 },
      "it sounds like a command to stop",
    ),
  ];
}

/** What the sound says, whatever the words are. */
function soundClues(evidence: Evidence, words: readonly string[]): MaybeClue[] {
  const { echo, levelDb, levelBelowUserDb = 0, speechProbability, addressed = 0.5 } = evidence;
  const said = overlapWith(evidence.text, evidence.spokenText);
  // One or two words are in any answer. Without an echo in the sound, somebody may be repeating what was said.
  const saidWeight = words.length < 3 ? 0 : ramp(said, 0.5, 0.9) * (echo < 0.2 ? 3.5 : 6);
  const hint = Math.max(-1, Math.min(1, 0.4 * Math.log((addressed + 1e-3) / (1 - addressed + 1e-3))));
  const uncertainty = words.length === 0 ? 0 : doubt(evidence);
  // Where the detector is sure, somebody spoke, however little of it was understood.
  const voiced = words.length === 0 ? 0 : ramp(speechProbability, 0.75, 0.92);
  const isStock = words.length > 0 && uncertainty > 0.1 && isInvention(evidence.text);
  return [
    clue(ramp(echo, 0.3, 0.8), { noise: 7 }, "the sound is the assistant's own voice"),
    clue(1, { noise: saidWeight, query: -saidWeight / 2 }, "the words are the assistant's own"),
    clue(
      ramp(levelBelowUserDb, 4, 9),
      { "side-talk": 6, query: -2, backchannel: -1 },
      "it is far quieter than this user",
    ),
    clue(ramp(-levelDb, -9, -3) * (1 - voiced), { noise: 2.5 }, "it is hardly louder than the room"),
    clue(ramp(-speechProbability, -0.6, -0.3), { noise: 2.5 }, "it hardly sounds like speech"),
    clue(
      uncertainty,
      { noise: 4.5 - 2 * voiced, query: -0.5 },
      "the recogniser does not believe in the words",
    ),
    clue(
      isStock,
      { noise: 4 - 2 * voiced, backchannel: -2 * (1 - voiced) },
      "the recogniser is known to invent these words over noise",
    ),
    clue(hint, { query: 2, "side-talk": -3 }, "the language model thinks that it is meant for the assistant"),
    clue(
      -hint,
      { query: -2, "side-talk": 3 },
      "the language model thinks that it is meant for somebody else",
    ),
  ];
}

/** Speech that has lasted so long without a word is none. */
const WORDLESS_MS = 1500;

function wordlessClues(evidence: Evidence): MaybeClue[] {
  const isOver =
    evidence.isFinal || evidence.recognition?.rejected === true || evidence.speechMs > WORDLESS_MS;
  return isOver
    ? [clue(1, { noise: 6, "side-talk": -2 }, "no words were recognised in it")]
    : [clue(1, { incomplete: 5 }, "no words are known yet")];
}

/** What the words say, if there are any. */
function wordClues(evidence: Evidence, words: readonly string[]): MaybeClue[] {
  return [
    ...floorClues(evidence, words),
    ...addresseeClues(evidence, words),
    ...viewClues(evidence),
    ...endingClues(evidence, words),
  ];
}

/** Commands, backchannels, answers and requests: what the speaker wants. */
function floorClues(evidence: Evidence, words: readonly string[]): MaybeClue[] {
  const { text, isFinal, assistantSpeaking } = evidence;
  const stops = isStopCommand(words);
  const isSmall = !stops && isBackchannel(words);
  const asked = isAsked(evidence);
  const answers = asked && !stops && (words.length <= 3 || isAnswer(words));
  const requests = !stops && isRequest(text) && !isSmall;
  return [
    clue(stops, { stop: 8 }, "the whole utterance is a command to stop"),
    clue(
      isSmall && !asked && isFinal,
      { backchannel: 6, query: -6, "side-talk": -2 },
      "it is only a sign of listening",
    ),
    clue(isSmall && !isFinal, { backchannel: 2, query: -3 }, "it begins like a sign of listening"),
    clue(answers, { query: 4.5, backchannel: -2, incomplete: -2 }, "it answers the assistant's question"),
    clue(
      assistantSpeaking && isFinal && isInterjection(words),
      { query: 7, incomplete: -7, backchannel: -4 },
      "it asks for the floor",
    ),
    clue(requests, { query: 2.5 }, "it has the form of a question or a request"),
    clue(
      isSmall ? 0 : words.length / 4,
      { query: Math.min(words.length, 8) > 3 ? 1 : 0 },
      "it has the length of a sentence",
    ),
    clue(
      assistantSpeaking && words.length >= 4 && !isSmall,
      { backchannel: -3 },
      "it is longer than a sign of listening",
    ),
  ];
}

/** Whether it is a call and nothing else, and no answer to a question that is being put. */
function callsOnly({ text, spokenText }: Evidence, words: readonly string[]): boolean {
  const lastSentences = spokenText.split(/(?<=[.!?])\s+/u).slice(-2);
  return isCall(text) && !isBackchannel(words) && !lastSentences.some((sentence) => sentence.includes("?"));
}

/** Whom it is meant for. */
function addresseeClues(evidence: Evidence, words: readonly string[]): MaybeClue[] {
  const { text, assistantSpeaking, isToSomebody = false } = evidence;
  const toAssistant = namesAssistant(text);
  // Into silence, a name may be what the assistant has asked for.
  const callsOne = callsSomebody(text) || (assistantSpeaking && callsOnly(evidence, words));
  return [
    // Who calls it to be silent wants no answer.
    clue(toAssistant, { query: isStopCommand(words) ? 0 : 3, "side-talk": -4 }, "it calls the assistant"),
    clue(!toAssistant && callsOne, { "side-talk": 6, query: -1.5 }, "it calls somebody else by name"),
    clue(
      assistantSpeaking && isToSomebody && !toAssistant && !callsOne && !isStopCommand(words),
      { "side-talk": 6, query: -1.5 },
      "somebody else was called just before it",
    ),
    clue(
      isSaidToPeople(words),
      { "side-talk": 4.5, query: -2.5 },
      "it is what one says to people, not to an assistant",
    ),
    clue(isReported(words), { "side-talk": 1.5 }, "it tells of somebody"),
  ];
}

/**
 * What the camera showed as it began. These weights are reasoned, not fitted to data, and so at most 1: a decision of 0.75 and
 * more stays what it is. Against a question or a request nothing here speaks: one may ask from out of view, and in company.
 */
function viewClues({ text, inView, levelBelowUserDb = 0 }: Evidence): MaybeClue[] {
  if (inView === undefined) return [];
  const { people, things } = inView;
  const requests = isRequest(text);
  const callsNobody = !requests && !namesAssistant(text) && !callsSomebody(text);
  const named = things.filter(({ name }) => namesThing(text, name)).map(({ probability }) => probability);
  return [
    clue(
      people === 0 && callsNobody ? ramp(levelBelowUserDb, 2, 6) : 0,
      { "side-talk": 1 },
      "nobody is in view, and it is quieter than this user",
    ),
    clue(
      people > 1 && callsNobody,
      { "side-talk": 0.5 },
      "several people are in view, and it calls none of them",
    ),
    // Who asks about the view mostly names things in it: that is one clue, not two.
    clue(
      Math.max(0, ...named, Number(requests && pointsAtView(text))),
      { query: 1 },
      "it is about what is in view",
    ),
  ];
}

/** Whether it is over. */
function endingClues(evidence: Evidence, words: readonly string[]): MaybeClue[] {
  const { text, isFinal, assistantSpeaking, finishedProbability = 0.5 } = evidence;
  if (!isFinal) return [unfinishedClue(evidence, words)];
  const isShortOrAnswer = isAsked(evidence) && isAnswer(words);
  const filler = isFiller(words) && !isBackchannel(words);
  const open = !filler && !isShortOrAnswer && isOpenEnded(text);
  // Over an answer, a sentence is an interruption whether it is over or not.
  const matters = assistantSpeaking ? 0.5 : 1;
  return [
    clue(filler, { incomplete: 7 }, "it is only a filler"),
    clue(open ? matters : 0, { incomplete: 4.5, query: -2 }, "no sentence ends like this"),
    clue(ramp(-finishedProbability, -0.4, -0.1) * matters, { incomplete: 4.5 }, "it does not sound finished"),
    clue(ramp(finishedProbability, 0.6, 0.9), { incomplete: -1.5 }, "it sounds finished"),
  ];
}

/** Words that are still coming. Over an answer, a few that are no backchannel are enough to know an interruption. */
function unfinishedClue({ assistantSpeaking, text }: Evidence, words: readonly string[]): Clue | undefined {
  if (!assistantSpeaking) return clue(1, { incomplete: 7, query: -2, stop: -3 }, "the speaker goes on");
  const isSentence = words.length >= 4 && !isBackchannel(words);
  const isPlain = isSentence || (words.length >= 2 && isRequest(text) && !isFiller(words));
  return clue(1, { incomplete: isPlain ? 1 : 4.5 }, "too few words are known yet");
}

/** A clue scaled by how far it holds; none where it does not. */
function clue(holds: boolean | number, weights: Clue["weights"], reason: string): MaybeClue {
  const strength = Math.min(1, Number(holds));
  if (strength <= 0) return undefined;
  const scaled = Object.entries(weights).map(([kind, weight]) => [kind, weight * strength]);
  return { weights: Object.fromEntries(scaled) as Clue["weights"], reason };
}

/** 0 up to `from`, 1 from `to` on, a straight line between. */
function ramp(value: number, from: number, to: number): number {
  return Math.max(0, Math.min(1, (value - from) / (to - from)));
}
