import type { Turn, VoiceClient } from "../client/index.ts";
import { transcriptOf } from "./transcript-text.ts";
import type { Say } from "./words.ts";

/** Saves what both have said, as text. */
export function saveTranscript(turns: readonly Turn[], say: Say): void {
  save(new Blob([transcriptOf(turns, say)], { type: "text/plain;charset=utf-8" }), nameOf("txt"));
}

/** Saves both sides as a stereo WAV. */
export function saveRecording(recording: VoiceClient["recording"]): void {
  save(recording.toWav(), nameOf("wav"));
}

/** "antiphon 2026-11-29 20.43.txt": no two of a day overwrite each other. */
function nameOf(extension: string): string {
  const now = new Date();
  const digits = (value: number): string => String(value).padStart(2, "0");
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(digits).join("-");
  return `antiphon ${day} ${digits(now.getHours())}.${digits(now.getMinutes())}.${extension}`;
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 10_000);
}
