import { describe, expect, it } from "vitest";

import type { Verdict } from "../../streaming/floor.ts";
import { DEFAULT_TURN_POLICY } from "../../streaming/turn-state.ts";
import type { TurnEvent } from "../../streaming/turn-state.ts";
import { answeredStory, run, spoken, types } from "./run-turns.ts";

describe("the user while the assistant speaks", () => {
  const answering = answeredStory();
  const talkingOver = run([{ type: "speech-start", atMs: 3000 }], answering);

  it("is heard at once: what they may be talking into is lowered, and goes on as it was after a false alarm", () => {
    const onset = run([{ type: "speech-onset", atMs: 2950 }], answering);
    expect(onset.commands).toEqual([{ type: "set-floor", turn: 1, level: "ducked", atMs: 2950 }]);
    const alarm = run([{ type: "false-alarm", atMs: 3000 }], onset.state);
    expect(alarm.commands).toEqual([{ type: "set-floor", turn: 1, level: "full", atMs: 3000 }]);
    expect(alarm.state.answer?.gate).toBe("open");
  });

  it("lowers the answer by speaking, then holds it, and takes the floor for good where it is not clear in time", () => {
    expect(types(talkingOver.commands)).toEqual(["set-floor", "announce-speech"]);
    expect(talkingOver.state).toMatchObject({ turn: 2, answer: { turn: 1, gate: "open" } });
    const { pauseAfterMs, giveUpAfterMs } = DEFAULT_TURN_POLICY;
    const soon = run([{ type: "time-passed", nowMs: 3000 + pauseAfterMs - 1 }], talkingOver.state);
    expect(soon.commands).toEqual([]);
    const held = run([{ type: "time-passed", nowMs: 3000 + pauseAfterMs }], soon.state);
    expect(held.commands).toMatchObject([{ type: "set-floor", level: "paused" }]);
    const still = run([{ type: "time-passed", nowMs: 3000 + pauseAfterMs + giveUpAfterMs - 1 }], held.state);
    expect(still.commands).toEqual([]);
    const over = run([{ type: "time-passed", nowMs: 3000 + pauseAfterMs + giveUpAfterMs }], held.state);
    expect(over.commands).toEqual([{ type: "stop-answer", turn: 1 }]);
  });

  it.each(["yield", "await"] as const)(
    "takes the floor as soon as it is clear that it is theirs (%s)",
    (verdict) => {
      const judged: TurnEvent = { type: "speech-judged", turn: 2, revision: 0, verdict, atMs: 3400 };
      expect(run([judged], talkingOver.state).commands).toEqual([{ type: "stop-answer", turn: 1 }]);
    },
  );

  it("does not silence the answer for what is perhaps nothing for the assistant, before that is known", () => {
    const { pauseAfterMs, giveUpAfterMs } = DEFAULT_TURN_POLICY;
    const judged = (verdict: Verdict, atMs: number): TurnEvent => {
      return { type: "speech-judged", turn: 2, revision: 0, verdict, atMs };
    };
    const doubted = run([judged("doubtful", 3200)], talkingOver.state);
    expect(run([{ type: "time-passed", nowMs: 9000 }], doubted.state).commands).toEqual([]);
    // What was held already goes on at once, lowered, and is not over when the time for holding is.
    const held = run([{ type: "time-passed", nowMs: 3000 + pauseAfterMs }], talkingOver.state);
    const late = run([judged("doubtful", 3300)], held.state);
    expect(late.commands).toEqual([{ type: "set-floor", turn: 1, level: "ducked", atMs: 3300 }]);
    const atMost: TurnEvent = { type: "time-passed", nowMs: 3000 + pauseAfterMs + giveUpAfterMs };
    expect(run([atMost], late.state).commands).toEqual([]);
    // The words prove the doubt wrong.
    expect(types(run([judged("yield", 4000)], late.state).commands)).toContain("stop-answer");
    const unclear = run([judged("unclear", 3600)], late.state);
    const again = run([{ type: "time-passed", nowMs: 3300 + pauseAfterMs }], unclear.state);
    expect(again.commands).toMatchObject([{ type: "set-floor", level: "paused" }]);
  });

  it("goes on in time after a short sound; after a long one it waits for the words, and goes on if they mean nothing", () => {
    const { pauseAfterMs, resumeAfterMs, wordsWithinMs } = DEFAULT_TURN_POLICY;
    const heldMs = 3000 + pauseAfterMs;
    const held = run([{ type: "time-passed", nowMs: heldMs }], talkingOver.state);
    const resume: TurnEvent = { type: "time-passed", nowMs: heldMs + resumeAfterMs };
    expect(run([resume], held.state).commands).toEqual([]);
    const silent = run([{ type: "speech-pause", atMs: heldMs + 50 }], held.state);
    expect(run([resume], silent.state).commands).toMatchObject([{ type: "set-floor", level: "full" }]);
    const longMs = heldMs + 1500;
    const over = run([{ type: "speech-pause", atMs: longMs }], held.state);
    expect(run([{ type: "time-passed", nowMs: longMs + 200 }], over.state).commands).toEqual([]);
    const aside = spoken("Did you feed the dog?", { turn: 2, verdict: "ignore", atMs: longMs + 300 });
    expect(types(run(aside, over.state).commands)).toEqual(["set-floor", "drop-turn"]);
    expect(run(aside, over.state).state.answer).toMatchObject({ turn: 1, gate: "open" });
    const late: TurnEvent = { type: "time-passed", nowMs: longMs + wordsWithinMs };
    expect(run([late], over.state).commands).toMatchObject([{ type: "set-floor", level: "full" }]);
  });

  it("is silent at once where they go on with what was not understood", () => {
    const { pauseAfterMs, resumeAfterMs } = DEFAULT_TURN_POLICY;
    const heldMs = 3000 + pauseAfterMs;
    const goneOn = run(
      [
        { type: "time-passed", nowMs: heldMs },
        { type: "speech-pause", atMs: heldMs + 100 },
        ...spoken("Actually", { turn: 2, verdict: "unclear", atMs: heldMs + 200 }),
        { type: "time-passed", nowMs: heldMs + resumeAfterMs },
      ],
      talkingOver.state,
    );
    expect(goneOn.state.floor.level).toBe("full");
    const again = run([{ type: "speech-resume", atMs: 4000 }], goneOn.state);
    expect(again.commands.at(-1)).toMatchObject({ type: "set-floor", level: "paused", atMs: 4000 });
  });

  it("meets silence at once where it met silence before, though the answer went on in between and no words are known", () => {
    const { pauseAfterMs, resumeAfterMs } = DEFAULT_TURN_POLICY;
    const heldMs = 3000 + pauseAfterMs;
    const goneOn = run(
      [
        { type: "time-passed", nowMs: heldMs },
        { type: "speech-pause", atMs: heldMs + 100 },
        { type: "time-passed", nowMs: heldMs + resumeAfterMs },
      ],
      talkingOver.state,
    );
    expect(goneOn.state.floor.level).toBe("full");
    const again = run([{ type: "speech-resume", atMs: 3900 }], goneOn.state);
    expect(again.commands.at(-1)).toMatchObject({ type: "set-floor", level: "paused", atMs: 3900 });
  });

  it("is given as long as before where they go on with what has no words yet: a room must not make the answer stutter", () => {
    const { pauseAfterMs } = DEFAULT_TURN_POLICY;
    const goingOn = run(
      [
        { type: "speech-pause", atMs: 3100 },
        { type: "speech-resume", atMs: 3200 },
        { type: "time-passed", nowMs: 3000 + pauseAfterMs - 1 },
      ],
      talkingOver.state,
    );
    expect(types(goingOn.commands)).toEqual(["judge-turn", "drop-work"]);
  });

  it("is lowered again where a sound that was taken for nothing turns into speech, and no doubt of it is left for the next", () => {
    const judged = (verdict: Verdict, atMs: number): TurnEvent => {
      return { type: "speech-judged", turn: 2, revision: 0, verdict, atMs };
    };
    const ignored = run([judged("ignore", 3200), judged("doubtful", 3300)], talkingOver.state);
    expect(ignored.state.floor).toMatchObject({ level: "full", isDoubtful: false });
    const clear = run([judged("unclear", 3500)], ignored.state);
    expect(clear.commands).toMatchObject([{ type: "set-floor", level: "ducked" }]);
  });

  it("is answered where their client hands over what was taken for nothing, whichever comes first", () => {
    const words = spoken("Right then", { turn: 2, verdict: "unclear" });
    const commit: TurnEvent = { type: "turn-committed", atMs: 3500 };
    const pause: TurnEvent = { type: "speech-pause", atMs: 3400 };
    const wordsFirst = run([pause, ...words, commit], talkingOver.state);
    const commitFirst = run([pause, commit, ...words], talkingOver.state);
    expect(types(wordsFirst.commands)).toEqual(["judge-turn", "stop-answer", "prepare-answer", "open-gate"]);
    expect(types(commitFirst.commands)).toEqual(types(wordsFirst.commands));
  });

  it("hears it as it was where a commit ends what was hardly a sound", () => {
    const onset = run([{ type: "speech-onset", atMs: 2950 }], answering);
    const committed = run([{ type: "turn-committed", atMs: 3000 }], onset.state);
    expect(committed.commands).toMatchObject([{ type: "set-floor", level: "full" }, { type: "drop-turn" }]);
  });

  it("lets the answer go on where they only agree, and hears the next sound as something new", () => {
    const agreed = run(
      [
        { type: "time-passed", nowMs: 3300 },
        { type: "speech-pause", atMs: 3400 },
        ...spoken("Mm-hmm.", { turn: 2, verdict: "ignore", atMs: 3600 }),
      ],
      talkingOver.state,
    );
    expect(types(agreed.commands)).toEqual(["set-floor", "judge-turn", "set-floor", "drop-turn"]);
    expect(agreed.commands.at(-2)).toMatchObject({ level: "full" });
    expect(agreed.state).toMatchObject({ user: { phase: "silent" }, answer: { turn: 1, gate: "open" } });
    const next = run([{ type: "speech-start", atMs: 4000 }], agreed.state);
    expect(next.commands.at(-1)).toMatchObject({ type: "announce-speech", turn: 3 });
    // It was held for nothing: the next sound is given longer to tell what it is.
    const { pauseAfterMs } = DEFAULT_TURN_POLICY;
    const soon = run([{ type: "time-passed", nowMs: 4000 + 2 * pauseAfterMs - 1 }], next.state);
    expect(soon.commands).toEqual([]);
    const held = run([{ type: "time-passed", nowMs: 4000 + 2 * pauseAfterMs }], next.state);
    expect(held.commands).toMatchObject([{ type: "set-floor", level: "paused" }]);
  });

  it("answers a question that was talked into an answer, never with two answers at once", () => {
    const asked = run(
      [{ type: "speech-pause", atMs: 3200 }, ...spoken("And of Italy?", { turn: 2 })],
      talkingOver.state,
    );
    expect(types(asked.commands)).toEqual(["judge-turn", "stop-answer", "prepare-answer"]);
    expect(asked.state.answer).toEqual({ turn: 2, revision: 0, gate: "closed" });
  });

  it("answers a fragment whose answer has ended by then, else what was said is lost", () => {
    const fragment = run(
      [
        { type: "speech-pause", atMs: 3100 },
        ...spoken("And the", { turn: 2, verdict: "unclear", probability: 0.1 }),
        { type: "answer-end", turn: 1 },
        { type: "time-passed", nowMs: 3100 + DEFAULT_TURN_POLICY.unfinishedMaxMs },
      ],
      talkingOver.state,
    );
    expect(fragment.commands.slice(-2)).toEqual([
      { type: "prepare-answer", turn: 2, revision: 0, text: "And the" },
      { type: "open-gate", turn: 2, revision: 0, text: "And the" },
    ]);
  });

  it("gives a fragment no floor: the answer goes on after the pause, and the fragment is dropped", () => {
    const fragment = run(
      [
        { type: "time-passed", nowMs: 3300 },
        { type: "speech-pause", atMs: 3400 },
        ...spoken("And the", { turn: 2, verdict: "unclear", probability: 0.1 }),
        { type: "time-passed", nowMs: 3300 + DEFAULT_TURN_POLICY.resumeAfterMs },
        { type: "time-passed", nowMs: 3400 + DEFAULT_TURN_POLICY.unfinishedMaxMs },
      ],
      talkingOver.state,
    );
    expect(types(fragment.commands)).toEqual(["set-floor", "judge-turn", "set-floor", "drop-turn"]);
    expect(fragment.state.answer).toMatchObject({ turn: 1, gate: "open" });
  });

  it("stops at a word, and answers nothing to it", () => {
    const stopped = run(
      [{ type: "speech-pause", atMs: 3300 }, ...spoken("Stop.", { turn: 2, verdict: "stop" })],
      talkingOver.state,
    );
    expect(types(stopped.commands)).toEqual([
      "judge-turn",
      "keep-silent",
      "stop-answer",
      "drop-work",
      "drop-turn",
    ]);
    expect(stopped.state).toMatchObject({ user: { phase: "silent" }, answer: undefined });
    const late = run(spoken("Stop.", { turn: 2 }), stopped.state);
    expect(late.commands).toEqual([]);
  });

  it("stops the answer by a button and is heard again afterwards", () => {
    const stopped = run([{ type: "interrupt" }], answering);
    expect(stopped.commands).toEqual([{ type: "keep-silent" }, { type: "stop-answer", turn: 1 }]);
    expect(types(run([{ type: "speech-start", atMs: 4000 }], stopped.state).commands)).toEqual([
      "announce-speech",
    ]);
  });

  it("stops the answer for another one that is asked for, and that is no call for silence", () => {
    const { commands } = run([{ type: "answer-wanted" }], answering);
    expect(commands).toEqual([{ type: "stop-answer", turn: 1 }]);
  });

  it("replaces the answer by typing", () => {
    const typed = run([{ type: "text-typed", text: "Stop, what time is it?" }], answering);
    expect(types(typed.commands)).toEqual(["stop-answer", "prepare-answer", "open-gate"]);
    expect(typed.state.answer).toEqual({ turn: 2, revision: 0, gate: "open" });
  });
});
