import { expect, test } from "vitest";

import { sessionSettings } from "../../../src/server/conversation-settings.ts";

const own = { systemPrompt: "Be brief." };

test("what a client leaves out stays as it is", () => {
  expect(sessionSettings({}, own)).toEqual({});
  expect(sessionSettings({ speed: 1.5 }, own)).toEqual({ speed: 1.5 });
  expect(sessionSettings({ spoken: false }, own)).toEqual({ spoken: false });
});

test("an empty prompt brings the server's own back", () => {
  expect(sessionSettings({ systemPrompt: " \u0000 " }, own)).toEqual({ systemPrompt: "Be brief." });
});

test("control characters and halves of letters do not reach the language model, line ends do", () => {
  const systemPrompt = "Be\u001B[2J\nkind\u0007 \uD83D now";
  expect(sessionSettings({ systemPrompt }, own)).toEqual({ systemPrompt: "Be [2J\nkind    now" });
});
