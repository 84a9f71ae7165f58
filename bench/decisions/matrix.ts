import type { UtteranceKind } from "../../streaming/index.ts";
import { type Figure, single } from "../report.ts";
import type { Judged } from "./ear.ts";

/** Kinds in the order of the matrix: first those that take the floor. */
export const KINDS: readonly UtteranceKind[] = [
  "query",
  "stop",
  "backchannel",
  "side-talk",
  "noise",
  "incomplete",
];

/** A stretch, what it is and what it was taken for. */
export interface Trial {
  readonly set: string;
  readonly kind: UtteranceKind;
  readonly moment: string;
  /** What was said, or what makes the noise. */
  readonly content: string;
  /** Who speaks, or "noise". */
  readonly voice: string;
  readonly place: string;
  readonly room: string;
  readonly judged: Judged;
}

/** Per kind how many of it were told, and how many that were taken for it are of it. */
export function figuresOf(set: string, trials: readonly Trial[]): Figure[] {
  const perKind = KINDS.flatMap((kind) => {
    const meant = trials.filter((trial) => trial.kind === kind);
    const taken = trials.filter(({ judged }) => judged.decision.kind === kind);
    const right = meant.filter(({ judged }) => judged.decision.kind === kind).length;
    if (meant.length === 0) return [];
    return [
      share(`${set}: ${kind}, recall`, right, meant.length),
      ...(taken.length === 0 ? [] : [share(`${set}: ${kind}, precision`, right, taken.length)]),
    ];
  });
  const addressed = trials.filter(({ kind }) => isAddressed(kind));
  const others = trials.filter(({ kind }) => !isAddressed(kind) && kind !== "incomplete");
  const yielded = (among: readonly Trial[]): number => among.filter(takesFloor).length;
  return [
    ...perKind,
    share(`${set}: takes the floor, of queries and stops`, yielded(addressed), addressed.length),
    share(`${set}: takes the floor, of all that is not meant`, yielded(others), others.length),
  ];
}

/** Rows are what a stretch is, columns what it was taken for. */
export function matrixLines(set: string, trials: readonly Trial[]): string[] {
  const cells = (name: string, rest: readonly (string | number)[]): string =>
    [name.padEnd(14), ...rest.map((cell) => String(cell).padStart(12))].join("");
  return [
    `${set}: rows what it is, columns what it was taken for`,
    cells("", [...KINDS, "n"]),
    ...KINDS.map((kind) => {
      const meant = trials.filter((trial) => trial.kind === kind);
      const counts = KINDS.map(
        (other) => meant.filter(({ judged }) => judged.decision.kind === other).length,
      );
      return cells(kind, [...counts, meant.length]);
    }),
  ];
}

/** What was taken for something else, and why. */
export function missLines(trials: readonly Trial[]): string[] {
  return trials
    .filter(({ kind, judged }) => judged.decision.kind !== kind)
    .map(({ set, kind, moment, content, voice, place, room, judged: { decision, evidence } }) => {
      const heard = evidence === undefined ? "" : `, heard as "${evidence.text}"`;
      return `${set}: ${kind} "${content}" ${moment} (${voice}, ${place}, ${room})${heard}: ${decision.kind} ${decision.probability.toFixed(2)}, ${decision.reason}`;
    });
}

function isAddressed(kind: UtteranceKind): boolean {
  return kind === "query" || kind === "stop";
}

function takesFloor({ judged: { verdict } }: Trial): boolean {
  return verdict === "yield" || verdict === "await";
}

function share(name: string, part: number, whole: number): Figure {
  return single(`${name} (${part} of ${whole})`, "share", part / whole);
}
