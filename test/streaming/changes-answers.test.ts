import { expect, test } from "vitest";

import { changesAnswers } from "../../streaming/changes-answers.ts";
import type { SessionOptions, ToolBox } from "../../streaming/index.ts";

const toolBox = (...names: string[]): ToolBox => ({
  list: () => names.map((name) => ({ name, description: "", parameters: {} })),
  call: () => Promise.resolve({ type: "handed-over" }),
});

const OPTIONS: SessionOptions = {
  systemPrompt: "Be brief.",
  sampling: { temperature: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 },
  maxAnswerTokens: 50,
  speed: 1,
  leadMs: 200,
  tools: toolBox("get_time"),
};

test.each<[string, Partial<SessionOptions>]>([
  ["instructions", { systemPrompt: "Be long." }],
  ["sampling", { sampling: { ...OPTIONS.sampling, temperature: 1 } }],
  ["other tools", { tools: toolBox("get_time", "set_timer") }],
  ["a choice of tools", { toolChoice: "none" }],
  ["whether it is spoken", { spoken: false }],
  ["whether it is wanted", { answers: "when-asked" }],
])("%s make another answer", (_, settings) => {
  expect(changesAnswers(OPTIONS, settings)).toBe(true);
});

test.each<[string, Partial<SessionOptions>]>([
  ["nothing", {}],
  [
    "the same, said anew and in another order",
    { sampling: { ...OPTIONS.sampling }, systemPrompt: "Be brief." },
  ],
  ["the same tools of another box", { tools: toolBox("get_time") }],
  ["who takes the turns", { turns: "manual" }],
  ["how turns are taken", { manners: { silenceMs: 900 } }],
  ["how speech is told from silence", { hearing: { threshold: 0.8 } }],
])("%s: the same answer", (_, settings) => {
  expect(changesAnswers(OPTIONS, settings)).toBe(false);
});
