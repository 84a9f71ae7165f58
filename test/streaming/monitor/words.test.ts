import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  announcesMore,
  isBackchannel,
  isDirect,
  isFiller,
  isInterjection,
  isInvention,
  isOpenEnded,
  isRequest,
  isSaidToPeople,
  isStopCommand,
  mayLeadOn,
  overlapWith,
  wordsOf,
} from "../../../streaming/monitor/words.ts";

const SPOKEN = "Paris is the capital of France. It lies on the river Seine and has about two million people.";

test("words are lower case, without punctuation, annotations and the dress of apostrophes", () => {
  expect(wordsOf("Mm-hmm. It’s [BLANK_AUDIO] (music) ♪ FINE!")).toEqual(["mm", "hmm", "it's", "fine"]);
});

describe("a stop command", () => {
  test.each(["Stop!", "stop, stop, STOP.", "Okay, wait a second.", "no no no no", "That’s enough, thanks."])(
    "is heard in %j",
    (text) => {
      expect(isStopCommand(wordsOf(text))).toBe(true);
    },
  );

  test.each([
    "",
    "okay",
    "No.",
    "Thank you.",
    "Wait, what about Paris?",
    "When does the bus stop?",
    "Stop the timer.",
  ])("is not heard in %j: a query would be lost", (text) => {
    expect(isStopCommand(wordsOf(text))).toBe(false);
  });

  test("does not explode where a word is repeated without end", () => {
    expect(isStopCommand([...Array<string>(5_000).fill("no"), "paris"])).toBe(false);
  });
});

describe("words that announce more", () => {
  test.each([
    "No, I meant something else.",
    "Sorry, that's not what I meant.",
    "Actually, I have another question.",
    "Can I ask you something?",
    "Okay, let's talk about something different.",
    "Wait, one more thing.",
    "Oh. Forget that.",
    "I have a quick question for you",
    "Could you please tell me?",
    "I would like to know from you.",
    "My brother and I were wondering.",
    "Do you know?",
  ])("are %j: what it is about comes next", (text) => {
    expect(announcesMore(text)).toBe(true);
  });

  test.each([
    "No, I meant the one in Germany.",
    "I have a question about bees.",
    "Can I ask you something about winter?",
    "Let's talk about something else. How do I boil an egg?",
    "Is there anything else?",
    "Could you please tell me a joke?",
    "Can you help me with this?",
    "I was wondering how deep the sea is.",
    "What else did he invent?",
    "Forget that, what is the capital of Italy?",
    "",
  ])("are not %j, which can be answered", (text) => {
    expect(announcesMore(text)).toBe(false);
  });
});

describe("a backchannel", () => {
  test.each(["Mm-hmm.", "yeah yeah yeah yeah yeah", "Oh, I see.", "Right. Okay."])(
    "is heard in %j",
    (text) => {
      expect(isBackchannel(wordsOf(text))).toBe(true);
    },
  );

  test.each(["", "Yeah, but why?", "Okay, yeah, right, sure.", "Really good hotels"])(
    "is not heard in %j",
    (text) => {
      expect(isBackchannel(wordsOf(text))).toBe(false);
    },
  );
});

test.each(["I went there and", "it's in the", "My name is,", "the thing is...", "So I was like, um"])(
  "%j is not over",
  (text) => {
    expect(isOpenEnded(text)).toBe(true);
  },
);

test.each([
  "What is it made of?",
  "I went there.",
  "",
  "Explain how rain comes about.",
  "Describe what a farm looks like.",
])("%j may be over", (text) => {
  expect(isOpenEnded(text)).toBe(false);
});

test("fillers are told from words", () => {
  expect(isFiller(wordsOf("So, um..."))).toBe(true);
  expect(isFiller(wordsOf("So um Paris"))).toBe(false);
});

test.each(["Okay, so, what is it?", "Well, tell me more.", "And the second one?", "Hey, could you go on?"])(
  "%j is a request",
  (text) => {
    expect(isRequest(text)).toBe(true);
  },
);

test.each([
  "My favourite colour is blue.",
  "I see.",
  "",
  "Well.",
  "When I go to the mountains with my children",
])("%j is no request", (text) => {
  expect(isRequest(text)).toBe(false);
});

test.each([
  "What is the capital of France?",
  "So, tell me about the moon.",
  "I have two dogs. How should I feed them.",
  "Please, a story.",
  "Computer, turn on the light.",
  "It is wet. Can you tell me why that happens? I do not know.",
])("%j asks or demands by its form", (text) => {
  expect(isDirect(text)).toBe(true);
});

test.each([
  "I slept very badly last night.",
  "I would like to learn the guitar this winter.",
  "When I go to the mountains next week",
  "What he said was true.",
  "",
])("%j may be what a question begins with", (text) => {
  expect(isDirect(text)).toBe(false);
});

test.each(["Can you explain to me why?", "Do you know what", "tell me how"])("%j may go on", (text) => {
  expect(mayLeadOn(text)).toBe(true);
});

test.each(["Why?", "Tell me why the sea is salty.", "So what?", ""])("%j leads to nothing more", (text) => {
  expect(mayLeadOn(text)).toBe(false);
});

test.each(["Actually.", "Oh, sorry.", "Okay, but", "Hey, listen."])("%j asks for the floor", (text) => {
  expect(isInterjection(wordsOf(text))).toBe(true);
  expect(announcesMore(text)).toBe(true);
});

test.each(["Okay.", "Actually, tell me a joke.", "Right.", "", "Sorry, stop.", "Actually, no.", "Hey."])(
  "%j is more, or less, than that",
  (text) => {
    expect(isInterjection(wordsOf(text))).toBe(false);
  },
);

test("what is said to people is told from what an assistant can do", () => {
  expect(isSaidToPeople(wordsOf("Did you feed the dog?"))).toBe(true);
  expect(isSaidToPeople(wordsOf("What do dogs eat?"))).toBe(false);
});

test("inventions are stock phrases and annotations, but not the empty text", () => {
  expect(["Thanks for watching!", "(wind)", "you"].every(isInvention)).toBe(true);
  expect(isInvention("")).toBe(false);
});

describe("the overlap with what is said", () => {
  test("is whole for misheard words in order, and none for other words", () => {
    expect(overlapWith("lies on the rivers seine and has", SPOKEN)).toBe(1);
    expect(overlapWith("how do eggs get hard", SPOKEN)).toBe(0);
  });

  test("does not collect words from all over a long answer", () => {
    expect(overlapWith("Paris has people", SPOKEN)).toBeLessThan(0.7);
  });

  test("is a share, whatever the texts, and one for a text with itself", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, spoken) => {
        const overlap = overlapWith(text, spoken);
        expect(overlap).toBeGreaterThanOrEqual(0);
        expect(overlap).toBeLessThanOrEqual(1);
        expect(overlapWith(text, text)).toBe(wordsOf(text).length === 0 ? 0 : 1);
      }),
    );
  });
});
