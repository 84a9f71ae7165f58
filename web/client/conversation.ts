import type { FloorLevel, ServerMessage } from "../../src/server/protocol.ts";
import {
  type Answer,
  type ConversationEvent,
  type ConversationState,
  type Decision,
  type LinkState,
  NO_CONVERSATION,
  type Turn,
} from "./conversation-state.ts";
import { addMark, addSpan, closeSpan } from "./timeline.ts";
import { withCall, withResult } from "./tool-uses.ts";

const MOST_TURNS = 1000;
const MOST_ROUND_TRIPS = 300;

/** The conversation after an event. Whatever a server sends, in whatever order, there is a next state. */
export function advance(state: ConversationState, event: ConversationEvent): ConversationState {
  switch (event.type) {
    case "message":
      return hear(state, event.message, event.atMs);
    case "link":
      return event.link === "open" ? { ...state, link: "open" } : interruptAll(state, event.link, event.atMs);
    case "server":
      return { ...state, server: event.server };
    case "round-trip":
      return { ...state, roundTripsMs: [...state.roundTripsMs, event.ms].slice(-MOST_ROUND_TRIPS) };
    case "ignored":
      return { ...state, ignored: state.ignored + 1, nonsense: "fresh" };
    case "excuse":
      return state.problem?.code === "unauthorized" ? { ...state, problem: undefined } : state;
    case "forget":
      return {
        ...NO_CONVERSATION,
        link: state.link,
        server: state.server,
        generation: state.generation + 1,
      };
  }
}

function hear(state: ConversationState, message: ServerMessage, atMs: number): ConversationState {
  switch (message.type) {
    case "ready":
      return {
        ...state,
        session: message.session,
        limits: message.limits,
        resumed: state.session === undefined ? undefined : message.resumed,
        generation: message.resumed ? state.generation : state.generation + 1,
        seat: message.resumed ? state.seat : undefined,
        view: undefined,
        ignored: 0,
        nonsense: "none",
        problem: undefined,
      };
    case "speech-start":
      return {
        ...change(state, message.turn, {}),
        isUserSpeaking: true,
        timeline: addSpan(state.timeline, { lane: "user", turn: message.turn, fromMs: atMs }),
      };
    case "speech-end":
      return stopHearing(state, message.turn, atMs);
    case "transcript-delta":
      return change(state, message.turn, { text: message.text, stableLength: message.stableLength });
    case "transcript-end":
      return understand(state, message.turn, message.text);
    case "turn-dropped":
      return {
        ...change(stopHearing(state, message.turn, atMs), message.turn, { isDropped: true }),
        awaited: state.awaited === message.turn ? undefined : state.awaited,
      };
    case "decision":
      return decide(state, message.turn, message.kind, atMs);
    case "floor":
      return setFloor(state, message.level, atMs);
    case "answer-start":
    case "answer-delta":
    case "answer-end":
      return hearAnswer(state, message, atMs);
    case "error":
      return { ...state, problem: { code: message.code, message: message.message } };
    case "tool-call":
      return change(state, message.turn, {
        tools: withCall(findTurn(state, message.turn)?.tools, message.call),
      });
    case "tool-result": {
      const { turn, callId, outcome } = message;
      return change(state, turn, { tools: withResult(findTurn(state, turn)?.tools, callId, outcome) });
    }
    case "view":
      return { ...state, view: message };
    case "audio-end":
    case "pong":
      return state;
  }
}

function setFloor(state: ConversationState, level: FloorLevel, atMs: number): ConversationState {
  const timeline = addMark(state.timeline, { lane: "assistant", kind: level, atMs });
  return { ...state, floor: level, timeline };
}

type AnswerMessage = Extract<ServerMessage, { type: "answer-start" | "answer-delta" | "answer-end" }>;

function hearAnswer(state: ConversationState, message: AnswerMessage, atMs: number): ConversationState {
  const { turn } = message;
  const before = findTurn(state, turn)?.answer;
  if (message.type === "answer-start") {
    const { seat } = message;
    const answer: Answer = { text: "", unheard: "", outcome: undefined, seat, timings: undefined };
    const spans = addSpan(state.timeline, { lane: "assistant", turn, fromMs: atMs });
    const isSwap = state.seat !== undefined && state.seat !== seat;
    const timeline = isSwap ? addMark(spans, { lane: "assistant", kind: "swap", atMs }) : spans;
    const nonsense = state.nonsense === "fresh" ? "stale" : state.nonsense;
    const begun = { awaited: undefined, answering: turn, floor: "full", seat, timeline, nonsense } as const;
    // What went wrong before is over.
    return { ...change(state, turn, { answer }), ...begun, problem: undefined, resumed: undefined };
  }
  if (message.type === "answer-delta") {
    if (before === undefined || before.outcome !== undefined) return state;
    return change(state, turn, { answer: { ...before, text: before.text + message.text } });
  }
  const { outcome, text, timings } = message;
  const answer: Answer = {
    text,
    unheard: outcome === "interrupted" ? restAfter(before?.text ?? "", text) : "",
    outcome,
    seat: before?.seat ?? state.seat ?? 0,
    timings,
    networkMs: state.roundTripsMs.at(-1),
  };
  const ended = closeSpan(state.timeline, { lane: "assistant", turn, toMs: atMs });
  const isStop = outcome === "interrupted";
  return {
    ...change(state, turn, { answer }),
    awaited: state.awaited === turn ? undefined : state.awaited,
    answering: state.answering === turn ? undefined : state.answering,
    floor: "full",
    nonsense: state.nonsense === "stale" ? "none" : state.nonsense,
    timeline: isStop ? addMark(ended, { lane: "assistant", kind: "stopped", atMs }) : ended,
  };
}

/** Over an answer the server decides at every few words: what it had decided before is no news. */
function decide(state: ConversationState, turn: number, kind: Decision, atMs: number): ConversationState {
  if (findTurn(state, turn)?.decision === kind) return state;
  const timeline = addMark(state.timeline, { lane: "user", kind, atMs });
  return { ...change(state, turn, { decision: kind }), timeline };
}

function understand(state: ConversationState, turn: number, text: string): ConversationState {
  const next = change(state, turn, { text, stableLength: text.length, isFinal: true });
  const known = findTurn(next, turn);
  const isOpen = known?.answer === undefined && known?.isDropped === false;
  return isOpen ? { ...next, awaited: turn } : next;
}

function stopHearing(state: ConversationState, turn: number, atMs: number): ConversationState {
  const timeline = closeSpan(state.timeline, { lane: "user", turn, toMs: atMs });
  return { ...state, isUserSpeaking: false, timeline };
}

/** What was being said and answered is over when the connection is. */
function interruptAll(state: ConversationState, link: LinkState, atMs: number): ConversationState {
  const { answering } = state;
  const answer = answering === undefined ? undefined : findTurn(state, answering)?.answer;
  const spoken =
    answering === undefined || answer === undefined
      ? state
      : change(state, answering, { answer: { ...answer, outcome: "interrupted" } });
  const timeline = closeSpan(closeSpan(state.timeline, { lane: "user", toMs: atMs }), {
    lane: "assistant",
    toMs: atMs,
  });
  const over = { isUserSpeaking: false, awaited: undefined, answering: undefined, floor: "full" } as const;
  // Who hangs up has ended the conversation: the next one is none that comes back.
  const session = link === "closed" ? undefined : state.session;
  return { ...spoken, ...over, link, session, timeline };
}

function findTurn(state: ConversationState, turn: number): Turn | undefined {
  const key = keyOf(state, turn);
  return state.turns.findLast((other) => other.key === key);
}

function keyOf({ generation }: ConversationState, turn: number): string {
  return `${generation}-${turn}`;
}

function change(state: ConversationState, turn: number, fields: Partial<Turn>): ConversationState {
  const key = keyOf(state, turn);
  const index = state.turns.findLastIndex((other) => other.key === key);
  const known = state.turns[index];
  if (known !== undefined) return { ...state, turns: state.turns.with(index, { ...known, ...fields }) };
  const fresh: Turn = {
    turn,
    key,
    text: "",
    stableLength: 0,
    isFinal: false,
    isDropped: false,
    decision: undefined,
    answer: undefined,
    ...fields,
  };
  return { ...state, turns: [...state.turns, fresh].slice(-MOST_TURNS) };
}

/** What of `written` follows `heard`, which may differ from it in spaces; nothing where only spaces do. */
function restAfter(written: string, heard: string): string {
  const length = heard.replaceAll(/\s/gu, "").length;
  let seen = 0;
  let at = 0;
  for (; at < written.length && seen < length; at++) if (!/\s/u.test(written[at] ?? "")) seen += 1;
  const rest = written.slice(at);
  return rest.trim() === "" ? "" : rest;
}
