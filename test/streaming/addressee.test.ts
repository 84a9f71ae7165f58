import { describe, expect, it } from "vitest";

import { FakeLanguageModel } from "../../models/fakes/index.ts";
import { withoutScore } from "../../models/llm/language-model.ts";
import { Addressee } from "../../streaming/addressee.ts";
import type { LanguageModel } from "../../streaming/index.ts";
import { ManualClock } from "../support/manual-clock.ts";

const { signal } = new AbortController();

function modelThatSays(yes: number): FakeLanguageModel {
  const model = new FakeLanguageModel(() => "");
  model.scoreOf = () => [yes, 1 - yes];
  return model;
}

/** A model whose scores never come, unless it is told to stop. */
function silentModel(): LanguageModel & { readonly signals: AbortSignal[] } {
  const signals: AbortSignal[] = [];
  const model = modelThatSays(1);
  return {
    signals,
    generate: model.generate.bind(model),
    prefill: model.prefill.bind(model),
    releaseSeat: model.releaseSeat.bind(model),
    score: async (_request, options) => {
      signals.push(options.signal);
      return await new Promise<never>(() => undefined);
    },
  };
}

describe("asking the language model whether words are meant for the assistant", () => {
  it("takes log odds of 1.1 for undecided, since the model says Yes to nearly all", async () => {
    const undecided = Math.exp(1.1) / (1 + Math.exp(1.1));
    const ask = async (yes: number): Promise<number | undefined> =>
      await new Addressee(modelThatSays(yes), new ManualClock()).probability("The soup is hot.", signal);
    expect(await ask(undecided)).toBeCloseTo(0.5);
    expect(await ask(0.99)).toBeGreaterThan(0.9);
    expect(await ask(0.3)).toBeLessThan(0.2);
    expect(await ask(0)).toBeGreaterThanOrEqual(0);
  });

  it("puts the words into the prompt, on a seat of its own that is given back", async () => {
    const model = modelThatSays(0.9);
    const addressee = new Addressee(model, new ManualClock());
    await addressee.probability("The soup is hot.", signal);
    const [request] = model.scores;
    expect(JSON.stringify(request?.messages)).toContain("The soup is hot.");
    await addressee.close();
    expect(model.releasedSeats).toEqual([request?.seat]);
  });

  it("waits 400 ms and no longer, and tells the model to stop", async () => {
    const model = silentModel();
    const clock = new ManualClock();
    const asked = new Addressee(model, clock).probability("The soup is hot.", signal);
    clock.advance(399);
    expect(model.signals[0]?.aborted).toBe(false);
    clock.advance(1);
    expect(await asked).toBeUndefined();
    expect(model.signals[0]?.aborted).toBe(true);
  });

  it("knows nothing where the model fails or has no scores", async () => {
    const model = modelThatSays(1);
    model.scoreOf = () => {
      throw new Error("the seat was taken");
    };
    expect(await new Addressee(model, new ManualClock()).probability("Soup.", signal)).toBeUndefined();
    const scoreless = withoutScore(modelThatSays(1));
    expect(await new Addressee(scoreless, new ManualClock()).probability("Soup.", signal)).toBeUndefined();
  });

  it("knows nothing either when it is stopped: a conversation that closes meanwhile must not fail", async () => {
    const model = silentModel();
    const controller = new AbortController();
    const asked = new Addressee(model, new ManualClock()).probability("Soup.", controller.signal);
    controller.abort(new Error("the conversation is closed"));
    expect(await asked).toBeUndefined();
    expect(model.signals[0]?.aborted).toBe(true);
    const late = new Addressee(model, new ManualClock()).probability("Soup.", controller.signal);
    expect(await late).toBeUndefined();
  });
});
