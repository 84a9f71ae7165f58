import type { WordTiming } from "../../../streaming/index.ts";
import type { TranscribedPiece } from "../../transcription.ts";

/** A stretch of a recording that is read at once. */
export interface Cue {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  /** What it was cut from. */
  readonly piece: TranscribedPiece;
}

/** Two lines of subtitles. */
const LONGEST_CUE_CHARACTERS = 84;
/** Silence after which something new begins. */
const PAUSE_MS = 800;
const ENDS_SENTENCE = /[.!?…。！？]["'”’)\]]*$/u;

/** Cuts a piece at the ends of its sentences, at pauses, and where too much would be read at once; whole without times. */
export function cuesOf(piece: TranscribedPiece): Cue[] {
  const { startMs, endMs, transcript } = piece;
  const words = wordsOf(piece);
  if (words.length === 0) return [{ startMs, endMs, text: transcript.text, piece }];
  const groups: WordTiming[][] = [];
  for (const word of words) {
    const group = groups.at(-1);
    if (group === undefined || isOver(group, word)) groups.push([word]);
    else group.push(word);
  }
  return groups.map((group) => ({
    startMs: group[0]?.startMs ?? startMs,
    endMs: group.at(-1)?.endMs ?? endMs,
    text: textOf(group),
    piece,
  }));
}

/** The words of a piece, on the recording's clock. */
export function wordsOf({ startMs, transcript }: TranscribedPiece): WordTiming[] {
  return (transcript.words ?? []).map((word) => ({
    text: word.text,
    startMs: startMs + word.startMs,
    endMs: startMs + word.endMs,
  }));
}

function isOver(group: readonly WordTiming[], next: WordTiming): boolean {
  const last = group.at(-1);
  if (last === undefined) return false;
  if (ENDS_SENTENCE.test(last.text) || next.startMs - last.endMs > PAUSE_MS) return true;
  return textOf(group).length + 1 + next.text.length > LONGEST_CUE_CHARACTERS;
}

function textOf(words: readonly WordTiming[]): string {
  return words.map(({ text }) => text).join(" ");
}

/** SubRip. */
export function srtOf(cues: readonly Cue[]): string {
  return cues
    .map(
      ({ startMs, endMs, text }, index) =>
        `${index + 1}\n${clock(startMs, ",")} --> ${clock(endMs, ",")}\n${text}\n\n`,
    )
    .join("");
}

/** WebVTT. */
export function vttOf(cues: readonly Cue[]): string {
  const blocks = cues.map(({ startMs, endMs, text }) => {
    // Its text is markup: what was said must not become a tag, or the arrow of the next cue.
    const safe = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    return `${clock(startMs, ".")} --> ${clock(endMs, ".")}\n${safe}\n\n`;
  });
  return `WEBVTT\n\n${blocks.join("")}`;
}

function clock(timeMs: number, mark: string): string {
  const ms = Math.max(0, Math.round(timeMs));
  const part = (value: number, digits: number): string => String(Math.floor(value)).padStart(digits, "0");
  return `${part(ms / 3_600_000, 2)}:${part((ms / 60_000) % 60, 2)}:${part((ms / 1000) % 60, 2)}${mark}${part(ms % 1000, 3)}`;
}
