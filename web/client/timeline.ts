import type { Decision } from "./conversation-state.ts";
import type { FloorLevel } from "../../src/server/protocol.ts";

/** Who: the user above, the assistant below. */
export type Lane = "user" | "assistant";

/** Somebody spoke. Times are the page's, in ms since the conversation began there. */
export interface Span {
  readonly lane: Lane;
  readonly turn: number;
  readonly fromMs: number;
  /** Undefined while it lasts. */
  readonly toMs: number | undefined;
}

/** Something was decided or done at a moment. `swap`: the answer was written on the other seat than the one before. */
export interface Mark {
  readonly lane: Lane;
  readonly kind: Decision | FloorLevel | "stopped" | "swap";
  readonly atMs: number;
}

/** Who spoke when, and what was made of it; the newest last. */
export interface Timeline {
  readonly spans: readonly Span[];
  readonly marks: readonly Mark[];
}

export const EMPTY_TIMELINE: Timeline = { spans: [], marks: [] };

const MOST_ENTRIES = 300;

/** Opens a span; one that is open on that lane ends. */
export function addSpan(timeline: Timeline, span: Omit<Span, "toMs">): Timeline {
  const { spans } = closeSpan(timeline, { lane: span.lane, toMs: span.fromMs });
  return { ...timeline, spans: [...spans, { ...span, toMs: undefined }].slice(-MOST_ENTRIES) };
}

/** Ends what is open on a lane, of one turn or of all. */
export function closeSpan(
  timeline: Timeline,
  end: { readonly lane: Lane; readonly turn?: number; readonly toMs: number },
): Timeline {
  const isMeant = (span: Span): boolean =>
    span.toMs === undefined && span.lane === end.lane && (end.turn === undefined || end.turn === span.turn);
  if (!timeline.spans.some(isMeant)) return timeline;
  const spans = timeline.spans.map((span) => (isMeant(span) ? { ...span, toMs: end.toMs } : span));
  return { ...timeline, spans };
}

export function addMark(timeline: Timeline, mark: Mark): Timeline {
  return { ...timeline, marks: [...timeline.marks, mark].slice(-MOST_ENTRIES) };
}
