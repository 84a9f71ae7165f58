import { useMemo } from "preact/hooks";

import type { Timings, Turn } from "../client/index.ts";
import type { Say, Word } from "./words.ts";

interface LatencyProps {
  readonly say: Say;
  readonly turns: readonly Turn[];
  readonly roundTripsMs: readonly number[];
}

/** The stages in the order in which they usually end. */
const STAGES: readonly { readonly word: Word; readonly of: (timings: Timings) => number | undefined }[] = [
  { word: "transcript", of: ({ transcriptMs }) => transcriptMs },
  { word: "endOfTurn", of: ({ endOfTurnMs }) => endOfTurnMs },
  { word: "firstToken", of: ({ firstTokenMs }) => firstTokenMs },
  { word: "firstAudio", of: ({ firstAudioMs }) => firstAudioMs },
];

/** How long each stage of the last answer took, and the medians of all. */
export function Latency({ say, turns, roundTripsMs }: LatencyProps) {
  const all = turns.flatMap(({ answer }) => (answer?.timings === undefined ? [] : [answer.timings]));
  // Most changes of the turns are words.
  return useMemo(() => drawLatency(all, roundTripsMs, say), [all.length, all.at(-1), roundTripsMs, say]);
}

function drawLatency(all: readonly Timings[], roundTripsMs: readonly number[], say: Say) {
  const last = all.at(-1);
  const rows = STAGES.map(({ word, of }) => ({
    word,
    lastMs: last && plausible(of(last)),
    medianMs: medianOf(all.flatMap((timings) => plausible(of(timings)) ?? [])),
  }));
  rows.push({ word: "network", lastMs: roundTripsMs.at(-1), medianMs: medianOf(roundTripsMs) });
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
}

/** Nothing happens before it was asked for, whatever a server says. */
function plausible(ms: number | undefined): number | undefined {
  return ms !== undefined && ms >= 0 ? ms : undefined;
}

function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)];
  if (upper === undefined || !Number.isInteger(middle)) return upper;
  return ((sorted[middle - 1] ?? upper) + upper) / 2;
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? "–" : String(Math.round(value));
}
