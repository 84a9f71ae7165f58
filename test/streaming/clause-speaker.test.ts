import { expect, test } from "vitest";

import { ClauseSpeaker, type SpokenPiece } from "../../streaming/clause-speaker.ts";
import type { SpeechSynthesizer } from "../../streaming/contracts.ts";
import { ManualClock } from "../support/manual-clock.ts";

const SAMPLE_RATE = 1000;

/** A speaker whose voice takes `firstSoundMs` to begin and 300 ms to say a word. */
function setUp({ firstSoundMs = 100, isSilent = false, isHeard = true } = {}) {
  const clock = new ManualClock();
  let playedMs: number | undefined = 0;
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
    ...(isHeard && { playedMs: () => playedMs }),
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
    wait: (ms: number): void => {
      clock.advance(ms);
    },
    heard: (ms: number | undefined): void => void (playedMs = ms),
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

test("a language model that writes slowly is not waited for where its next word would come too late", async () => {
  const { speaker, said, settled, heard, wait } = setUp();
  speaker.write("The old sea is ");
  await settled();
  speaker.write("wide");
  wait(200);
  heard(500);
  // 400 ms of sound are ahead: enough for words that come at once, as above, and too little where they take 200 ms.
  speaker.write(" blue");
  await settled();
  expect(said).toEqual(["The old sea", "is wide"]);
});

test("a stall of the machine is no pace", async () => {
  const { speaker, said, settled, heard, wait } = setUp();
  speaker.write("The old sea is ");
  await settled();
  speaker.write("wide");
  wait(5000);
  heard(250);
  // 650 ms of sound are ahead: more than the longest wait that is believed.
  speaker.write(" blue");
  await settled();
  expect(said).toEqual(["The old sea"]);
});

test("a slow word is forgotten behind quick ones", async () => {
  const { speaker, said, settled, heard, wait } = setUp();
  speaker.write("The old sea is ");
  await settled();
  speaker.write("w");
  wait(200);
  for (const sign of "ide") speaker.write(sign);
  speaker.write("r");
  heard(470);
  speaker.write(" blue");
  await settled();
  expect(said).toEqual(["The old sea"]);
});

test("the time that a tool takes is no pace either", async () => {
  const { speaker, said, settled, heard, wait } = setUp();
  speaker.write("The old sea is wide.");
  speaker.endClause();
  await settled();
  speaker.write(" ");
  speaker.endClause();
  wait(1000);
  heard(1100);
  for (const word of ["wide", " blue", " sea"]) speaker.write(word);
  await settled();
  expect(said).toEqual(["The old sea", "is wide."]);
});

test("the time that the voice kept it waiting is not the language model's", async () => {
  const { speaker, said, settled, heard, wait } = setUp();
  speaker.write("The old sea is ");
  speaker.write("w");
  wait(1000);
  await settled();
  heard(500);
  speaker.write("ide blue");
  speaker.write(" water");
  await settled();
  expect(said).toEqual(["The old sea"]);
});

test("the first clause has all words that are there where they come slowly", async () => {
  const { speaker, said, settled, heard, wait } = setUp();
  heard(undefined);
  for (const word of ["The", " moon", " is", " a", " rock"]) {
    speaker.write(word);
    wait(120);
  }
  await settled();
  expect(said).toEqual(["The moon is"]);
});

test("nobody is in a hurry where nothing is heard while it is written", async () => {
  for (const { speaker, settled, wait, begun } of [setUp({ isHeard: false }), setUp({ isSilent: true })].map(
    (made) => ({ ...made, begun: made.clauses }),
  )) {
    for (const word of ["The", " moon", " is", " a", " rock"]) {
      speaker.write(word);
      wait(120);
    }
    await settled();
    expect(begun()).toBe(1);
  }
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
