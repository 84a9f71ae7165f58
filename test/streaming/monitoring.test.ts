import { describe, expect, it } from "vitest";

import { FakeLanguageModel } from "../../models/fakes/index.ts";
import { Addressee } from "../../streaming/addressee.ts";
import type { HeardWindow } from "../../streaming/listening.ts";
import { Monitor } from "../../streaming/monitoring.ts";
import type { Judgement, Words } from "../../streaming/monitoring.ts";
import { ManualClock } from "../support/manual-clock.ts";

const { signal } = new AbortController();
const AUDIBLE = { heardText: "Honey is made by bees out of nectar." };

const heard = (levelDb: number, quiet: boolean): HeardWindow => ({
  endSample: 0,
  durationMs: 32,
  probability: quiet ? 0 : 0.95,
  levelDb,
  echo: 0,
  quiet,
  segment: undefined,
});

/** A monitor that has just heard a second of speech in a quiet room. */
function attentive(model: FakeLanguageModel): Monitor {
  const monitor = new Monitor(new Addressee(model, new ManualClock()));
  for (let index = 0; index < 10; index++) monitor.hear(heard(-66, true));
  monitor.begin(0);
  for (let index = 0; index < 30; index++) monitor.hear(heard(-23, false));
  return monitor;
}

function final(text: string): Words {
  const transcript = {
    text,
    tokens: [],
    noSpeechProbability: 0.02,
    averageLogProbability: -0.2,
    rejected: false,
  };
  return { text, transcript, finishedProbability: 0.95 };
}

function modelThatSays(yes: number): FakeLanguageModel {
  const model = new FakeLanguageModel(() => "");
  model.scoreOf = () => [yes, 1 - yes];
  return model;
}

describe("a monitor that knows how loud its user is", () => {
  it("has learned it also from a question whose end sounded unclear", () => {
    const monitor = attentive(modelThatSays(0.5));
    const unclear = { ...final("Could you tell me about the"), finishedProbability: 0.05 };
    expect(monitor.judge(unclear, undefined, 0).verdict).toBe("unclear");
    monitor.begin(0);
    for (let index = 0; index < 60; index++) monitor.hear(heard(-38, false));
    const { decision, verdict } = monitor.judge(final("The home team has won the match."), AUDIBLE, 0);
    expect(decision).toMatchObject({ kind: "side-talk", reason: "it is far quieter than this user" });
    expect(verdict).toBe("ignore");
  });
});

describe("a monitor that hears a quieter voice in silence", () => {
  const judged = (belowDb: number): Judgement => {
    const monitor = attentive(modelThatSays(0.5));
    expect(monitor.judge(final("Could you tell me about the moon?"), undefined, 0).verdict).toBe("yield");
    monitor.begin(9000);
    for (let index = 0; index < 60; index++) monitor.hear(heard(-23 - belowDb, false));
    return monitor.judge(final("That you feed the top this morning."), undefined, 10_000);
  };

  it("leaves what is rather for somebody else unanswered, though it is not sure of it", () => {
    const { decision, verdict } = judged(7);
    expect(decision.kind).toBe("side-talk");
    expect(decision.probability).toBeLessThan(0.8);
    expect(verdict).toBe("ignore");
  });

  it("answers where it knows even less", () => {
    expect(judged(5.5).verdict).toBe("yield");
  });
});

describe("a monitor that has heard somebody else called", () => {
  /** What it makes of words that begin `laterMs` after the call. */
  const judged = (call: string, text: string, laterMs: number, into = [AUDIBLE]): string => {
    const [audible] = into;
    const monitor = attentive(modelThatSays(0.5));
    monitor.judge(final(call), audible, 1000);
    monitor.begin(1000 + laterMs);
    for (let index = 0; index < 30; index++) monitor.hear(heard(-23, false));
    return monitor.judge(final(text), audible, 4000).verdict;
  };

  it("takes what is said right after it for what is said to them", () => {
    expect(judged("Honey,", "Can you close the window please?", 500)).toBe("ignore");
  });

  it("listens again a little later, or where the assistant is called then", () => {
    expect(judged("Honey,", "Can you close the window please?", 2500)).toBe("yield");
    expect(judged("Honey,", "Computer, can you close the window?", 500)).toBe("yield");
  });

  it("takes a sign of listening for no call, also where it is a name to others", () => {
    expect(judged("Man.", "Can you close the window please?", 500)).toBe("yield");
  });

  it("stops all the same, also where that is said in a lower voice", () => {
    const monitor = attentive(modelThatSays(0.5));
    monitor.judge(final("Could you tell me about bees?"), undefined, 0);
    monitor.judge(final("Honey,"), AUDIBLE, 1000);
    monitor.begin(1500);
    for (let index = 0; index < 30; index++) monitor.hear(heard(-28.5, false));
    expect(monitor.judge(final("Stop!"), AUDIBLE, 3000)).toMatchObject({
      decision: { kind: "stop" },
      verdict: "yield",
    });
  });

  it("takes a name for what it may have asked for: in silence, and while it asks", () => {
    const asks = { heardText: "I can do that for you. What is your name? Take your time." };
    for (const into of [[], [asks]]) {
      const { verdict } = attentive(modelThatSays(0.5)).judge(final("Tom."), into[0], 1000);
      expect(verdict).toBe("yield");
      expect(judged("Tom.", "My name is Tom.", 500, into)).toBe("yield");
    }
  });
});

describe("a monitor whose instructions name the assistant", () => {
  const judged = (systemPrompt: string, text: string, into: typeof AUDIBLE | undefined): Judgement => {
    const monitor = attentive(modelThatSays(0.5));
    monitor.configure({ systemPrompt });
    return monitor.judge(final(text), into, 1000);
  };

  it.each([
    ["Hey Emma, what's the weather?", "query"],
    ["Emma, tell me of the sea.", "query"],
    ["Emma, stop.", "stop"],
  ])(
    "takes %j for what is meant for it, in silence and over an answer, and else for side talk",
    (text, kind) => {
      for (const into of [undefined, AUDIBLE]) {
        const called = judged("You are Emma.", text, into);
        expect(called).toMatchObject({ decision: { kind }, verdict: "yield" });
        expect(judged("Be brief.", text, into)).toMatchObject({
          decision: { kind: "side-talk" },
          verdict: "ignore",
        });
      }
    },
  );

  it("still hears others being called", () => {
    expect(judged("You are Emma.", "Hey Anna, what's the weather?", AUDIBLE).verdict).toBe("ignore");
  });

  it("waits for nobody behind its own name", () => {
    const monitor = attentive(modelThatSays(0.5));
    monitor.configure({ systemPrompt: "You are Emma." });
    monitor.judge(final("Emma!"), AUDIBLE, 1000);
    monitor.begin(1500);
    for (let index = 0; index < 30; index++) monitor.hear(heard(-23, false));
    expect(monitor.judge(final("Can you close the window please?"), AUDIBLE, 4000).verdict).toBe("yield");
  });

  it("keeps its name under settings that say nothing of it, and loses it under other instructions", () => {
    const monitor = attentive(modelThatSays(0.5));
    monitor.configure({ systemPrompt: "You are Emma." });
    const kindOf = (): string => monitor.judge(final("Hey Emma, go on."), AUDIBLE, 0).decision.kind;
    monitor.configure({});
    expect(kindOf()).toBe("query");
    monitor.configure({ systemPrompt: "You are Max." });
    expect(kindOf()).toBe("side-talk");
  });
});

describe("a monitor that can ask the language model", () => {
  it("lets its word ignore talk over an answer that nothing else tells from a statement", async () => {
    const model = modelThatSays(0.05);
    const monitor = attentive(model);
    const words = final("The neighbours have bought another car.");
    expect(monitor.judge(words, AUDIBLE, 0).verdict).toBe("yield");
    const addressed = await monitor.addressed(words, AUDIBLE, 0, { signal });
    expect(monitor.judge({ ...words, addressed }, AUDIBLE, 0)).toMatchObject({
      decision: { kind: "side-talk" },
      verdict: "ignore",
    });
  });

  it("is not asked into silence, where everybody would have to wait for its word", async () => {
    const model = modelThatSays(0);
    const monitor = attentive(model);
    const words = final("The neighbours have bought another car.");
    expect(await monitor.addressed(words, undefined, 0, { signal })).toBeUndefined();
    expect(model.scores).toEqual([]);
    expect(monitor.judge(words, undefined, 0).verdict).toBe("yield");
  });

  it.each(["What is the capital of France?", "Stop.", "Mm-hmm.", "Mom, I'm in the kitchen.", ""])(
    "does not keep anybody waiting for it after %j, which is plain",
    async (text) => {
      const model = modelThatSays(0.05);
      expect(await attentive(model).addressed(final(text), AUDIBLE, 0, { signal })).toBeUndefined();
      expect(model.scores).toEqual([]);
    },
  );

  it("does not ask while the user goes on", async () => {
    const model = modelThatSays(0.05);
    const words = { text: "The neighbours have bought another car" };
    expect(await attentive(model).addressed(words, AUDIBLE, 0, { signal })).toBeUndefined();
    expect(model.scores).toEqual([]);
  });
});

/** A monitor in whose ears a stretch has lasted that long. */
function after(speechMs: number): Monitor {
  const monitor = new Monitor();
  for (let index = 0; index < 10; index++) monitor.hear(heard(-66, true));
  monitor.begin(0);
  for (let ms = 0; ms < speechMs; ms += 32) monitor.hear(heard(-23, false));
  return monitor;
}

describe("words that are still coming, over an answer", () => {
  const COMMAND = { near: 0.02, far: 0, backchannel: 0.1, stop: 0.88, noise: 0 };
  const LISTENING = { near: 0.02, far: 0, backchannel: 0.95, stop: 0.03, noise: 0 };

  it.each(["Okay", "Yes, yes", "Of course. Of course.", "That's right."])(
    "%j is perhaps nothing for the assistant: nobody must fall silent for it",
    (text) => {
      expect(after(400).judge({ text }, AUDIBLE, 0).verdict).toBe("doubtful");
    },
  );

  it("that are none, hardly louder than the room, silence nobody", () => {
    const monitor = new Monitor();
    for (let index = 0; index < 40; index++) monitor.hear(heard(-60, true));
    monitor.begin(0);
    for (let index = 0; index < 10; index++) monitor.hear({ ...heard(-59, false), probability: 0.7 });
    expect(monitor.judge({ text: "" }, AUDIBLE, 0)).toMatchObject({
      decision: { kind: "noise" },
      verdict: "doubtful",
    });
  });

  it("are not believed to ask something before there is enough of them: recognisers make sentences of syllables", () => {
    const invented = { text: "We will have to go to" };
    expect(after(300).judge(invented, AUDIBLE, 0).verdict).toBe("unclear");
    expect(after(900).judge(invented, AUDIBLE, 0).verdict).toBe("yield");
  });

  it("take the floor at once where they are a command to stop, or sound like one", () => {
    expect(after(300).judge({ text: "Stop" }, AUDIBLE, 0).verdict).toBe("yield");
    expect(after(300).judge({ text: "Build on", manner: COMMAND }, AUDIBLE, 0).verdict).toBe("yield");
    expect(after(300).judge({ text: "Build on" }, AUDIBLE, 0).verdict).toBe("unclear");
  });

  it("only lower the answer where the voice is much quieter than the user: somebody may have turned away", () => {
    const quieter = (speechMs: number): Monitor => {
      const monitor = after(1000);
      monitor.judge(final("What is honey made of?"), undefined, 0);
      monitor.begin(0);
      for (let ms = 0; ms < speechMs; ms += 32) monitor.hear(heard(-30, false));
      return monitor;
    };
    const words = { text: "Can you close the window" };
    expect(after(900).judge(words, AUDIBLE, 0).verdict).toBe("yield");
    expect(quieter(900).judge(words, AUDIBLE, 0).verdict).toBe("doubtful");
    // A command is one from wherever it comes.
    expect(quieter(300).judge({ text: "Stop" }, AUDIBLE, 0).verdict).toBe("yield");
  });

  it("are not taken for a sign of listening because they begin like one", () => {
    expect(after(300).judge({ text: "Actually", manner: LISTENING }, AUDIBLE, 0).verdict).toBe("unclear");
  });
});

it("what was in view as a stretch began counts for that stretch only", () => {
  const company = { people: 2, things: [] };
  const monitor = after(1000);
  monitor.begin(0, company);
  expect(monitor.judge(final("It was late."), AUDIBLE, 0).evidence.inView).toEqual(company);
  monitor.begin(5000);
  expect(monitor.judge(final("It was late."), AUDIBLE, 5000).evidence.inView).toBeUndefined();
});

it("talk into an answer that was stopped for it is judged as talk into an answer, and the next stretch is not", () => {
  const words = final("The neighbours have bought another car.");
  const monitor = after(1000);
  expect(monitor.judge(words, undefined, 0).verdict).toBe("yield");
  monitor.noteStopped(AUDIBLE);
  expect(monitor.judge(words, undefined, 0)).toMatchObject({ evidence: { assistantSpeaking: true } });
  monitor.begin(0);
  expect(monitor.judge(words, undefined, 0)).toMatchObject({ evidence: { assistantSpeaking: false } });
});
