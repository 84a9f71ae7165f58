import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { msToSamples } from "../../audio/index.ts";
import { writeAudioFile } from "../../src/audio-files.ts";
import { TALK_SAMPLE_RATE } from "../../src/client/spoken-conversation.ts";
import { PRODUCT, runProgram } from "../programs.ts";
import type { BenchedPack } from "../limits.ts";
import { eventsOf } from "./events.ts";
import { compareHeard, type HeardTruth, recallsLast, writtenText } from "./heard-words.ts";
import type { Recording } from "./player.ts";
import type { Timeline } from "./timeline.ts";

/** A recogniser wants some silence around what it hears. */
const MARGIN_MS = 200;

/** An answer that was cut off. */
export interface CutAnswer {
  readonly written: string;
  readonly stored: string;
  /** What was played of it, at {@link TALK_SAMPLE_RATE}. */
  readonly sound: Float32Array;
  readonly recalled: boolean | undefined;
}

/** The answers of a trial that were cut off while they were heard. */
export function findCutAnswers({ assistant, trial }: Recording, timeline: Timeline): CutAnswer[] {
  const { events, utterances } = timeline;
  const ends = eventsOf(events, "answer-end");
  const cut = ends.filter(({ outcome }) => outcome === "interrupted");
  return cut.flatMap(({ turn, text }, index): CutAnswer[] => {
    const spans = utterances.filter((utterance) => utterance.turn === turn);
    const [first, last] = [spans[0], spans.at(-1)];
    if (first === undefined || last === undefined) return [];
    const margin = msToSamples(MARGIN_MS, TALK_SAMPLE_RATE);
    const start = msToSamples(first.startMs, TALK_SAMPLE_RATE);
    const end = msToSamples(last.endMs, TALK_SAMPLE_RATE);
    const sound = new Float32Array(end - start + 2 * margin);
    sound.set(assistant.subarray(start, end), margin);
    const asked = trial.scenario === "last-thing-said" && index === 0 ? ends.at(-1) : undefined;
    const recalled = asked === undefined || asked.turn === turn ? undefined : recallsLast(asked.text, text);
    return [{ written: writtenText(events, turn), stored: text, sound, recalled }];
  });
}

/** Has the product's recogniser listen to what was played of them, all in one go. */
export async function readHeard(
  answers: readonly CutAnswer[],
  pack: BenchedPack,
  signal: AbortSignal,
): Promise<HeardTruth[]> {
  if (answers.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), "antiphon-duplex-"));
  try {
    const files = answers.map((_, index) => join(folder, `${index}.wav`));
    for (const [index, { sound }] of answers.entries()) {
      await writeAudioFile(files[index] ?? "", [sound], TALK_SAMPLE_RATE);
    }
    const printed = await runProgram(
      process.execPath,
      [PRODUCT, "transcribe", "--json", "--pack", pack, ...files],
      { signal },
    );
    const lines = printed.trim().split("\n");
    return answers.map(({ written, stored, recalled }, index) => {
      const { text } = JSON.parse(lines[index] ?? "{}") as { readonly text?: string };
      return { ...compareHeard(written, stored, text ?? ""), recalled };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
