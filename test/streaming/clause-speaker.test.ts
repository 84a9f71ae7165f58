import { expect, test } from "vitest";

import { ClauseSpeaker, type SpokenPiece } from "../../streaming/clause-speaker.ts";
import type { SpeechSynthesizer } from "../../streaming/contracts.ts";
import { ManualClock } from "../support/manual-clock.ts";

const SAMPLE_RATE = 1000;

/** A speaker whose voice takes `firstSoundMs` to begin and 300 ms to say a word. */
function setUp({ firstSoundMs = 100, isSilent = false } = {}) {
  const clock = new ManualClock();
  let playedMs = 0;
  let begun = 0;
  const said: string[] = [];
  const synthesizer: SpeechSynthesizer = {
    sampleRate: SAMPLE_RATE,
    async *synthesize({ text }) {
      said.push(text);
      await Promise.resolve();
      clock.advance(firstSoundMs);
      yield { samples: new Float32Array(300 * text.split(" ").length), sampleRate: SAMPLE_RATE, words: [] };
    },
  };
  const speaker = new ClauseSpeaker({
    synthesizer,
    clock,
    speed: 1,
    isSilent,
    playedMs: () => playedMs,
    onClause: () => (begun += 1),
  });
  const pieces: SpokenPiece[] = [];
  const spoken = (async () => {
    for await (const piece of speaker.pieces({ signal: new AbortController().signal })) pieces.push(piece);
  })();
  const settled = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    speaker,
    said,
    pieces,
    spoken,
    settled,
    heard: (ms: number): void => void (playedMs = ms),
    clauses: () => begun,
  };
}

test("clauses end where sentences allow it as long as there is sound ahead", async () => {
  const { speaker, said, settled, heard } = setUp();
  speaker.write("The old sea is ");
  await settled();
  heard(100);
  speaker.write("wide and deep and");
  await settled();
  expect(said).toEqual(["The old sea"]);
});

test("where the sound ahead is about to end, what is written so far is spoken", async () => {
  const { speaker, said, settled, heard } = setUp();
  speaker.write("The old sea is ");
  await settled();
  // 900 ms of sound; the first sound of the next clause takes a sign's share of 100 ms, half as long again, and a spare.
  heard(500);
  speaker.write("wide blue");
  await settled();
  expect(said).toEqual(["The old sea"]);
  heard(700);
  speaker.write(" water");
  await settled();
  expect(said).toEqual(["The old sea", "is wide blue"]);
});

test("a voice that takes longer to begin is told earlier", async () => {
  const { speaker, said, settled, heard } = setUp({ firstSoundMs: 300 });
  speaker.write("The old sea is ");
  await settled();
  heard(500);
  speaker.write("wide blue water");
  await settled();
  expect(said).toEqual(["The old sea", "is wide blue"]);
});

test("before anything is heard, and while there is a clause to speak, nothing hurries", async () => {
  const { speaker, said, settled, heard } = setUp();
  speaker.write("The old sea is ");
  await settled();
  speaker.write("wide blue water");
  await settled();
  expect(said).toEqual(["The old sea"]);
  heard(890);
  speaker.write(" under the");
  speaker.write(" cold northern");
  await settled();
  // The first one of these is cut; the second finds that one on its way.
  expect(said).toEqual(["The old sea", "is wide blue water"]);
});

test("all of it is spoken in order, each clause from where the sound of those before ends", async () => {
  const { speaker, said, pieces, spoken, clauses } = setUp();
  speaker.write("The old sea is wide. It is");
  speaker.endClause();
  speaker.write(" deep.");
  speaker.endClause();
  speaker.say({ text: "Sorry.", start: 30 });
  speaker.finish();
  await spoken;
  expect(said.join(" ")).toBe("The old sea is wide. It is deep. Sorry.");
  expect(clauses()).toBe(said.length);
  let startMs = 0;
  for (const piece of pieces) {
    expect(piece.startMs).toBe(startMs);
    startMs += piece.chunk.samples.length;
  }
  expect(speaker.soundMs).toBe(startMs);
});

test("an answer that is only read is cut all the same, and spoken by nobody", async () => {
  const { speaker, said, spoken, clauses } = setUp({ isSilent: true });
  speaker.write("The old sea is wide.");
  speaker.endClause();
  speaker.finish();
  await spoken;
  expect(said).toEqual([]);
  expect(clauses()).toBeGreaterThan(0);
});
