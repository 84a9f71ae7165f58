import type { FloorLevel, ReadinessBody, ServerMessage } from "../../src/server/protocol.ts";
import { EMPTY_TIMELINE, type Timeline } from "./timeline.ts";
import type { ToolUse } from "./tool-uses.ts";

export type Timings = Extract<ServerMessage, { type: "answer-end" }>["timings"];
export type Outcome = Extract<ServerMessage, { type: "answer-end" }>["outcome"];
export type Decision = Extract<ServerMessage, { type: "decision" }>["kind"];
/** `loading`: the server's models are. `waiting`: the connection broke and is tried again. `closed`: nobody wants one. */
export type LinkState = "closed" | "connecting" | "loading" | "open" | "waiting";

/** What the assistant makes of a picture. */
export type View = Extract<ServerMessage, { type: "view" }>;

/** What a server says of itself before and beside a conversation. `unknown`: it was not asked yet. */
export interface ServerView extends Omit<ReadinessBody, "status"> {
  readonly status: ReadinessBody["status"] | "unknown" | "unreachable";
}

/** What was answered in a turn. */
export interface Answer {
  readonly text: string;
  /** What was written and never heard, after an interruption. */
  readonly unheard: string;
  /** Undefined while it is being given. */
  readonly outcome: Outcome | undefined;
  readonly seat: 0 | 1;
  readonly timings: Timings | undefined;
  /** There and back to the server, as it was measured last before the answer ended. */
  readonly networkMs?: number | undefined;
}

/** What was said in a turn, and what came of it. */
export interface Turn {
  readonly turn: number;
  /** Counts the connections' conversations, so that keys stay apart where turns begin at 1 again. */
  readonly key: string;
  readonly text: string;
  /** So many characters of `text` will not change. */
  readonly stableLength: number;
  readonly isFinal: boolean;
  readonly isDropped: boolean;
  readonly decision: Decision | undefined;
  /** What was called for the answer. */
  readonly tools?: readonly ToolUse[];
  readonly answer: Answer | undefined;
}

/** A conversation as one who looks at it sees it. */
export interface ConversationState {
  readonly link: LinkState;
  readonly server: ServerView;
  /** Names the conversation at the server, to resume it. */
  readonly session: string | undefined;
  /** What the server takes at most; undefined before the first `ready`. */
  readonly limits: Extract<ServerMessage, { type: "ready" }>["limits"] | undefined;
  /** Whether the last connection went on where the one before had stopped; undefined once an answer shows that it does. */
  readonly resumed: boolean | undefined;
  readonly generation: number;
  readonly turns: readonly Turn[];
  readonly floor: FloorLevel;
  readonly isUserSpeaking: boolean;
  /** The last turn that was understood, as long as nothing has come of it. */
  readonly awaited: number | undefined;
  /** The turn whose answer is being given. */
  readonly answering: number | undefined;
  /** Of the last answer that began. */
  readonly seat: 0 | 1 | undefined;
  readonly timeline: Timeline;
  /** Of the picture that was looked at last. */
  readonly view: View | undefined;
  /** There and back, in ms; the newest last. */
  readonly roundTripsMs: readonly number[];
  /** Messages of the server that were not understood, since it was last ready. */
  readonly ignored: number;
  /** Whether one of them came since the last answer began, or before it, or since then a whole answer was understood. */
  readonly nonsense: "fresh" | "stale" | "none";
  readonly problem: { readonly code: string; readonly message: string } | undefined;
}

export type ConversationEvent =
  | { readonly type: "message"; readonly message: ServerMessage; readonly atMs: number }
  | { readonly type: "link"; readonly link: LinkState; readonly atMs: number }
  | { readonly type: "server"; readonly server: ServerView }
  | { readonly type: "round-trip"; readonly ms: number }
  | { readonly type: "ignored" }
  /** There is another key than the one that the server refused. */
  | { readonly type: "excuse" }
  | { readonly type: "forget" };

/** A conversation that has not begun. */
export const NO_CONVERSATION: ConversationState = {
  link: "closed",
  server: { status: "unknown" },
  session: undefined,
  limits: undefined,
  resumed: undefined,
  generation: 0,
  turns: [],
  floor: "full",
  isUserSpeaking: false,
  awaited: undefined,
  answering: undefined,
  seat: undefined,
  timeline: EMPTY_TIMELINE,
  view: undefined,
  roundTripsMs: [],
  ignored: 0,
  nonsense: "none",
  problem: undefined,
};
