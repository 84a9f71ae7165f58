import fc from "fast-check";
import { expect, it } from "vitest";

import { ConversationHistory } from "../../streaming/history.ts";
import { lastWordsNote } from "../../streaming/last-words.ts";
import { NOTHING_SEEN } from "../../streaming/seen.ts";

const SAID = "Rain comes about when water vapor in the";

it("is told its last words when it is asked for them, however that is put or misheard", () => {
  for (const question of [
    "What was the last thing you said?",
    "But was the last thing you said",
    "What did you just say?",
    "Sorry, what did you say?",
    "What did you say last?",
    "Could you repeat that, please?",
    "Say that again.",
    "Where did you stop?",
  ])
    expect(lastWordsNote(question, SAID), question).toContain(SAID);
});

it("is told nothing when the question is about something else", () => {
  for (const question of [
    "What did you say about cats?",
    "What is the last letter of the alphabet?",
    "How do you say it in French?",
    "What did they say?",
    "Where were you born?",
    "",
  ])
    expect(lastWordsNote(question, SAID), question).toBeUndefined();
});

it("is told nothing before it has said anything, and at most twelve words that cannot end their quotation", () => {
  expect(lastWordsNote("What did you say?", "")).toBeUndefined();
  fc.assert(
    fc.property(fc.string(), (said) => {
      const note = lastWordsNote("What did you say?", said) ?? "";
      expect(note.split(/\s+/u).length).toBeLessThanOrEqual(4 + 12);
      expect(note.split('"').length).toBe(note === "" ? 1 : 3);
    }),
  );
});

it("finds them in the prompt and not in what is remembered of the question", () => {
  const history = new ConversationHistory("");
  const question = "What was the last thing you said?";
  history.add("How does rain come about?", NOTHING_SEEN, { text: SAID, isCut: true, toolMessages: [] });
  expect(history.withQuestion(question).at(-1)?.content).toBe(
    `${question} [your last words were: "${SAID}"]`,
  );
  history.add(question, NOTHING_SEEN, { text: "I spoke of rain.", toolMessages: [] });
  expect(history.withQuestion("Go on.").map(({ content }) => content)).toContain(question);
});

it("finds them in the prompt also where the question stands in the context already, alone or with what was said before it", () => {
  const history = new ConversationHistory("");
  const question = "What did you just say?";
  history.add("How does rain come about?", NOTHING_SEEN, { text: SAID, isCut: true, toolMessages: [] });
  history.append([{ role: "user", text: question }]);
  const note = `[your last words were: "${SAID}"]`;
  expect(history.asItStands().at(-1)?.content).toBe(`${question} ${note}`);
  expect(history.withQuestion("About what?").at(-1)?.content).toBe(`${question} About what?`);
  history.replace([
    { role: "assistant", text: SAID },
    { role: "user", text: "Sorry." },
  ]);
  expect(history.withQuestion(question).at(-1)?.content).toBe(`Sorry. ${question} ${note}`);
});

it("is not told them for another question that follows one that got no answer", () => {
  const history = new ConversationHistory("");
  history.add("How does rain come about?", NOTHING_SEEN, { text: SAID, isCut: true, toolMessages: [] });
  history.add("What was the last thing you said?", NOTHING_SEEN, { text: "", toolMessages: [] });
  expect(history.asItStands().at(-1)?.content).toContain(`"${SAID}"`);
  expect(history.withQuestion("How far is the Moon?").at(-1)?.content).not.toContain(SAID);
});
