import type { Turn, VoiceClient } from "../client/index.ts";
import { transcriptOf } from "./transcript-text.ts";
import type { Say } from "./words.ts";

/** Saves what both have said, as text. */
export function saveTranscript(turns: readonly Turn[], say: Say): void {
  save(new Blob([transcriptOf(turns, say)], { type: "text/plain;charset=utf-8" }), "antiphon.txt");
}

/** Saves both sides as a stereo WAV. */
export function saveRecording(recording: VoiceClient["recording"]): void {
  save(recording.toWav(), "antiphon.wav");
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
