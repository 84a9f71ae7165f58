import type { Timings, Turn } from "../client/index.ts";

/** What an answer waits for, in the order in which one waits for the other; `network`: there and back. */
export const STAGES = ["endOfTurn", "transcript", "firstToken", "firstAudio", "network"] as const;
export type Stage = (typeof STAGES)[number];

const TIMES: Readonly<Record<Exclude<Stage, "network">, (timings: Timings) => number | undefined>> = {
  endOfTurn: ({ endOfTurnMs }) => endOfTurnMs,
  transcript: ({ transcriptMs }) => transcriptMs,
  firstToken: ({ firstTokenMs }) => firstTokenMs,
  firstAudio: ({ firstAudioMs }) => firstAudioMs,
};

/** What one stage added to a wait. */
export interface BarPart {
  readonly stage: Stage;
  readonly ms: number;
}

/** How long somebody waited for an answer, and for what. */
export interface TurnBar {
  readonly key: string;
  readonly turn: number;
  /** One for each stage that happened; those that were over before the one ahead of them added 0. */
  readonly parts: readonly BarPart[];
  readonly totalMs: number;
  /** Of this wait and all before it. */
  readonly medianMs: number;
}

/** When a stage was over, after the user's last word; nothing happens before it was asked for, whatever a server says. */
export function timeOf(stage: Exclude<Stage, "network">, timings: Timings): number | undefined {
  const ms = TIMES[stage](timings);
  return ms !== undefined && ms >= 0 ? ms : undefined;
}

/** The waits of the last `most` answered turns, oldest first, with running medians over all of them. */
export function turnBarsOf(turns: readonly Turn[], most: number): readonly TurnBar[] {
  const waits = turns.flatMap(({ key, turn, answer }) => {
    const parts = answer?.timings === undefined ? [] : partsOf(answer.timings, answer.networkMs);
    const totalMs = parts.reduce((sum, { ms }) => sum + ms, 0);
    return parts.length === 0 ? [] : [{ key, turn, parts, totalMs }];
  });
  const totals = waits.map(({ totalMs }) => totalMs);
  const firstShown = Math.max(0, waits.length - most);
  return waits.slice(firstShown).map((wait, index) => ({
    ...wait,
    medianMs: medianOf(totals.slice(0, firstShown + index + 1)) ?? wait.totalMs,
  }));
}

/** The one in the middle, or the mean of the two there; undefined where there is none. */
export function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)];
  if (upper === undefined || !Number.isInteger(middle)) return upper;
  return ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** A stage that ran beside another one, such as a transcript that was there before the turn was over, costs only its rest. */
function partsOf(timings: Timings, networkMs: number | undefined): BarPart[] {
  const parts: BarPart[] = [];
  let untilMs = 0;
  for (const stage of STAGES) {
    if (stage === "network") continue;
    const atMs = timeOf(stage, timings);
    if (atMs === undefined) continue;
    parts.push({ stage, ms: Math.max(0, atMs - untilMs) });
    untilMs = Math.max(untilMs, atMs);
  }
  if (parts.length > 0 && networkMs !== undefined) parts.push({ stage: "network", ms: networkMs });
  return parts;
}
