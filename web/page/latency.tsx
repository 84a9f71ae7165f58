import { useMemo } from "preact/hooks";

import type { Timings, Turn } from "../client/index.ts";
import { memo } from "./memo.ts";
import { medianOf, timeOf } from "./turn-bars.ts";
import type { Say, Word } from "./words.ts";

interface LatencyProps {
  readonly say: Say;
  readonly turns: readonly Turn[];
  readonly roundTripsMs: readonly number[];
}

/** The stages in the order in which they usually end. */
const ROWS = ["transcript", "endOfTurn", "firstToken", "firstAudio"] as const;

/** How long each stage of the last answer took, and the medians of all. */
export function Latency({ say, turns, roundTripsMs }: LatencyProps) {
  const all = turns.flatMap(({ answer }) => (answer?.timings === undefined ? [] : [answer.timings]));
  // Most changes of the turns are words.
  const rows = useMemo(() => rowsOf(all, roundTripsMs), [all.length, all.at(-1), roundTripsMs]);
  return <Rows rows={rows} say={say} />;
}

interface Row {
  readonly word: Word;
  readonly lastMs: number | undefined;
  readonly medianMs: number | undefined;
}

function rowsOf(all: readonly Timings[], roundTripsMs: readonly number[]): readonly Row[] {
  const last = all.at(-1);
  const stages = ROWS.map((stage) => ({
    word: stage,
    lastMs: last && timeOf(stage, last),
    medianMs: medianOf(all.flatMap((timings) => timeOf(stage, timings) ?? [])),
  }));
  return [...stages, { word: "network", lastMs: roundTripsMs.at(-1), medianMs: medianOf(roundTripsMs) }];
}

const Rows = memo(({ rows, say }: { readonly rows: readonly Row[]; readonly say: Say }) => {
  const longestMs = Math.max(
    1000,
    ...rows.map(({ lastMs, medianMs }) => Math.max(lastMs ?? 0, medianMs ?? 0)),
  );
  return (
    <section class="card">
      <h2>{say("latency")}</h2>
      <p class="hint">{say("latencyHint")}</p>
      <table class="latency">
        <tbody>
          {rows.map(({ word, lastMs, medianMs }) => (
            <tr key={word}>
              <th scope="row">{say(word)}</th>
              <td class="bar">
                <i style={{ width: `${((lastMs ?? 0) / longestMs) * 100}%` }} />
                {medianMs !== undefined && <u style={{ left: `${(medianMs / longestMs) * 100}%` }} />}
              </td>
              <td>{milliseconds(lastMs)}</td>
              <td class="median">
                <span class="unseen">{say("median")} </span>
                {medianMs === undefined ? "" : `~${milliseconds(medianMs)}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
});

function milliseconds(value: number | undefined): string {
  return value === undefined ? "–" : String(Math.round(value));
}
