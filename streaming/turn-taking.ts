import { duck, overdue, setDoubt, setFloor, wasHeldFor } from "./floor.ts";
import { endAnswer, watchSilence } from "./long-silence.ts";
import { giveOwedAnswer, keepWords } from "./owed-answer.ts";
import { patience } from "./patience.ts";
import { keepsFloor, mayTakeFloor } from "./turn-manners.ts";
import { changeManners, switchTurns } from "./turn-switch.ts";
import { DEFAULT_TURN_POLICY, isCommitted, isTalking } from "./turn-state.ts";
import type { TurnEvent, TurnPolicy, TurnState } from "./turn-state.ts";
import { takeText } from "./typed-turn.ts";
import {
  abandonSpeech,
  changed,
  isCurrent,
  keepOpen,
  keyOf,
  pause,
  restore,
  stopAnswer,
  type Transition,
  unchanged,
  withoutAnswer,
  yieldFloor,
} from "./turn-transition.ts";

/**
 * Who has the floor, as one pure function: state × event → state + commands. It knows no audio, no models and no
 * timers: time is the conversation's sample clock, which arrives with the events, so every decision can be replayed.
 *
 * Work for a turn starts at the first plausible end of the user's speech and stays behind a gate keyed by (turn,
 * revision): when the user goes on, the revision grows and the work of the older one is thrown away unheard.
 */

/** What is left of a learned pause after each turn, and each pause, that was shorter. */
const FORGOTTEN = 0.9;

/** The one place where turns are decided. */
export function takeTurn(
  state: TurnState,
  event: TurnEvent,
  policy: TurnPolicy = DEFAULT_TURN_POLICY,
): Transition {
  return watchSilence(state, event, giveOwedAnswer(takeEvent(state, event, policy)));
}

function takeEvent(state: TurnState, event: TurnEvent, policy: TurnPolicy): Transition {
  switch (event.type) {
    case "speech-onset":
      return state.user.phase === "silent" ? changed(state, duck(state, event.atMs)) : unchanged(state);
    case "false-alarm":
      return state.user.phase === "silent" ? restore(state, event.atMs) : unchanged(state);
    case "speech-start": // after a segment that ended while its words were still awaited, the same turn goes on
    case "speech-resume":
      return goOn(state, event.atMs, policy);
    case "speech-pause":
      return hearPause(state, event.atMs);
    case "turn-scored":
      if (state.user.phase !== "pausing" || !isCurrent(state, event)) return unchanged(state);
      return unchanged({ ...state, user: { ...state.user, finishedProbability: event.probability } });
    case "speech-judged":
      return hearVerdict(state, event);
    case "transcript-ready":
      return hearWords(state, event, policy);
    case "time-passed":
      return passTime(state, event.nowMs, policy);
    case "turns-are":
      return event.taken === state.taken ? unchanged(state) : switchTurns(state, event.taken, event.atMs);
    case "manners-are":
      return changeManners(state, event.manners, event.atMs);
    case "turn-committed":
      return commit(state, event.atMs, policy);
    case "clear":
      return isTalking(state) && !isCommitted(state) ? forget(state, event.atMs) : unchanged(state);
    case "text-typed":
      return state.user.phase === "away" ? unchanged(state) : takeText(state, event);
    case "context-added": // it may begin a silence anew
      return unchanged(state);
    case "answer-wanted":
      return giveWay(state);
    case "interrupt":
      return interrupt(state);
    case "disconnected":
      return leave(state);
    case "reconnected":
      return unchanged(state.user.phase === "away" ? { ...state, user: { phase: "silent" } } : state);
    case "answer-end":
      return endAnswer(state, event);
  }
}

/** The turn is over because the client says so; where nothing was said, there is none. */
function commit(state: TurnState, atMs: number, policy: TurnPolicy): Transition {
  const { user } = state;
  switch (user.phase) {
    case "speaking":
      return pause(state, { phase: "pausing", sinceMs: atMs, isCommitted: true });
    case "pausing":
      return handOver({ ...state, user: { ...user, isCommitted: true } }, atMs, policy);
    case "silent": {
      // What may have been the beginning of speech is not listened to any further.
      const { state: restored, commands } = restore(state, atMs);
      const turn = state.turn + 1;
      return {
        state: { ...restored, turn, revision: 0 },
        commands: [...commands, { type: "drop-turn", turn }],
      };
    }
    case "away":
      return unchanged(state);
  }
}

/** What a client hands over is meant for the assistant, also where its words were taken for nothing before. */
function handOver(state: TurnState, atMs: number, policy: TurnPolicy): Transition {
  const { user, answer } = state;
  const isWaiting = user.phase === "pausing" && user.isOwed !== true && answer?.gate !== "closed";
  const text = isWaiting ? (user.text ?? "") : "";
  if (text === "") return finishTurn(state, atMs, policy);
  return answerNow(state, text, atMs, policy);
}

/** New speech: a new turn. An audible answer is lowered until it is known whether it must yield. */
function hearSpeech(state: TurnState, atMs: number): Transition {
  const turn = state.turn + 1;
  const ducked = changed(state, duck(state, atMs));
  return {
    state: { ...ducked.state, turn, revision: 0, user: { phase: "speaking" }, spokenSinceMs: atMs },
    commands: [...ducked.commands, { type: "announce-speech", turn, atMs }],
  };
}

/** Perhaps the end of the turn; where the client ends the turns, it is kept in mind in case that changes. */
function hearPause(state: TurnState, atMs: number): Transition {
  if (state.user.phase !== "speaking") return unchanged(state);
  return state.taken === "manual"
    ? unchanged({ ...state, user: { phase: "speaking", silentSinceMs: atMs } })
    : pause(state, { phase: "pausing", sinceMs: atMs });
}

/** The user goes on before the turn was finished: whatever was begun for it is void. */
function goOn(state: TurnState, atMs: number, policy: TurnPolicy): Transition {
  if (state.user.phase === "silent") return hearSpeech(state, atMs);
  if (state.user.phase === "speaking") return unchanged({ ...state, user: { phase: "speaking" } });
  if (state.user.phase !== "pausing" || isCommitted(state)) return unchanged(state);
  const pausedMs = atMs - state.user.sinceMs;
  const { verdict, text } = state.user;
  // A pause after an announcement is that of anybody, and one after no words perhaps nobody's.
  const shownMs = verdict === "await" || text === "" ? 0 : pausedMs * 1.5;
  const patienceMs = Math.min(policy.unfinishedMaxMs, Math.max(state.patienceMs * FORGOTTEN, shownMs));
  const { state: open, commands } = keepOpen({ ...state, patienceMs }, { phase: "speaking" });
  // Who goes on with words that were not understood as a whole means it, and so does who met silence before: it does at once.
  const isPart = wasHeldFor(state, text) || (verdict === "unclear" && text !== "");
  const softer = changed(
    open,
    isPart && mayTakeFloor(state) ? setFloor(open, "paused", atMs) : duck(open, atMs),
  );
  return { state: softer.state, commands: [...commands, ...softer.commands] };
}

/** What can be told before the user pauses decides about the answer that they talk into, and about nothing else. */
function hearVerdict(state: TurnState, event: Extract<TurnEvent, { type: "speech-judged" }>): Transition {
  if (!isTalking(state) || !mayTakeFloor(state) || !isCurrent(state, event)) return unchanged(state);
  switch (event.verdict) {
    case "yield":
    case "await":
      return yieldFloor(state);
    case "ignore":
      return restore(state, event.atMs);
    case "doubtful":
    case "unclear":
      return changed(state, setDoubt(state, event.verdict === "doubtful", event.atMs));
  }
}

function hearWords(
  state: TurnState,
  event: Extract<TurnEvent, { type: "transcript-ready" }>,
  policy: TurnPolicy,
): Transition {
  if (state.user.phase !== "pausing" || !isCurrent(state, event)) return unchanged(state);
  const { text } = event;
  const isWhole = isCommitted(state);
  const isOverlap = state.answer?.gate === "open";
  const isObeyed = isOverlap ? !keepsFloor(state) : !isWhole;
  if (event.verdict === "stop" && isObeyed) return obeyStop(state);
  // What a client hands over is meant for the assistant, whatever it sounds like; into silence, a command to stop is words, too.
  const verdict = (isWhole && text !== "") || event.verdict === "stop" ? "yield" : event.verdict;
  // Talked into an answer and meaning nothing by it: the answer goes on, and the next sound is a new stretch. What has no
  // words yet may be the beginning of some: it is that as soon as its speaker goes on.
  if (isOverlap && verdict === "ignore" && text !== "") {
    const { state: restored, commands } = restore(state, event.atMs);
    return {
      state: { ...restored, user: { phase: "silent" } },
      commands: [...commands, { type: "drop-turn", turn: state.turn }],
    };
  }
  const next: TurnState = { ...state, user: { ...state.user, text, verdict } };
  // Where nobody may take the floor, words need not be clear to be kept: what was said is to be known.
  const isTooLittle = isOverlap && verdict === "unclear" && !keepsFloor(state);
  if (text === "" || verdict === "ignore" || isTooLittle)
    return isWhole ? finishTurn(next, event.atMs, policy) : unchanged(next);
  return isWhole ? answerNow(next, text, event.atMs, policy) : takeWords(next, text, policy);
}

/** The words want an answer, and the turn is over. */
function answerNow(state: TurnState, text: string, atMs: number, policy: TurnPolicy): Transition {
  const answered = takeWords(state, text, policy);
  const finished = finishTurn(answered.state, atMs, policy);
  return { state: finished.state, commands: [...answered.commands, ...finished.commands] };
}

/** The words want an answer: it is begun behind the gate. */
function takeWords(state: TurnState, text: string, policy: TurnPolicy): Transition {
  if (state.answer?.gate === "open" && keepsFloor(state) && state.user.phase === "pausing")
    return unchanged({ ...state, user: { ...state.user, isOwed: true } });
  const yielded = yieldFloor(state);
  const { speculations } = state;
  const count = speculations.turn === state.turn ? speculations.count : 0;
  if (count >= policy.speculationsAtMost && state.user.phase === "pausing") {
    return { ...yielded, state: { ...yielded.state, user: { ...state.user, isOwed: true } } };
  }
  const begun = { turn: state.turn, count: count + 1 };
  return {
    state: { ...yielded.state, answer: { ...keyOf(state), gate: "closed" }, speculations: begun },
    commands: [...yielded.commands, { type: "prepare-answer", ...keyOf(state), text }],
  };
}

/** Who wants silence wants no answer either to what they said before. */
function obeyStop(state: TurnState): Transition {
  const yielded = giveWay(state);
  return {
    state: { ...yielded.state, user: { phase: "silent" }, answer: undefined },
    commands: [{ type: "keep-silent" }, ...yielded.commands, ...abandonSpeech(state)],
  };
}

function passTime(state: TurnState, nowMs: number, policy: TurnPolicy): Transition {
  const due = overdue(state, nowMs, policy);
  if (due === "hold") return changed(state, setFloor(state, "paused", nowMs));
  if (due === "yield") return yieldFloor(state);
  const { state: current, commands } = due === "restore" ? restore(state, nowMs) : unchanged(state);
  const finished = finishTurn(current, nowMs, policy);
  return { state: finished.state, commands: [...commands, ...finished.commands] };
}

/** Ends the turn once silence has lasted long enough and the words are there. */
function finishTurn(state: TurnState, nowMs: number, policy: TurnPolicy): Transition {
  const { user } = state;
  if (user.phase !== "pausing" || user.text === undefined) return unchanged(state);
  const patienceMs = patience(state, user, policy);
  if (patienceMs > 0 && nowMs - user.sinceMs < patienceMs) return unchanged(state);
  // What was too little to end an answer is words like any other once that answer has ended.
  const isLeftOver = state.answer === undefined && user.verdict === "unclear" && user.text !== "";
  const isOwed = user.isOwed === true || isLeftOver;
  if (isOwed && state.answer?.gate === "open") return keepWords(state, user.text);
  if (state.answer?.gate !== "closed" && !isOwed) {
    const { state: restored, commands } = restore(state, nowMs);
    return {
      state: { ...restored, user: { phase: "silent" } },
      commands: [...commands, { type: "drop-turn", turn: state.turn }],
    };
  }
  const heard = { ...state, patienceMs: state.patienceMs * FORGOTTEN };
  return {
    state: { ...heard, user: { phase: "silent" }, answer: { ...keyOf(state), gate: "open" } },
    commands: [
      ...(isOwed ? [{ type: "prepare-answer", ...keyOf(state), text: user.text } as const] : []),
      { type: "open-gate", ...keyOf(state), text: user.text },
    ],
  };
}

/** Whatever the user is saying counts as never said; an answer that they talk into goes on. */
function forget(state: TurnState, atMs: number): Transition {
  const answer = state.answer?.gate === "open" ? state.answer : undefined;
  const { state: restored, commands } = restore({ ...state, answer }, atMs);
  return {
    state: { ...restored, user: { phase: "silent" } },
    commands: [...abandonSpeech(state), ...commands],
  };
}

function interrupt(state: TurnState): Transition {
  const { state: yielded, commands } = giveWay(state);
  return { state: yielded, commands: [{ type: "keep-silent" }, ...commands] };
}

/** What is heard is over, and nothing is to follow it by itself. */
function giveWay(state: TurnState): Transition {
  return yieldFloor({ ...state, owedTurn: undefined, quietSinceMs: undefined });
}

/** Nobody is there: half a turn gets no answer, and an answer that nobody hears is over. */
function leave(state: TurnState): Transition {
  return {
    state: { ...withoutAnswer(state), user: { phase: "away" }, owedTurn: undefined },
    commands: [...stopAnswer(state), ...abandonSpeech(state)],
  };
}
