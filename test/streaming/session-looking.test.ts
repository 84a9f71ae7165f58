import { describe, expect, it } from "vitest";

import { FakeSpeechRecognizer } from "../../models/fakes/index.ts";
import type { SessionOptions } from "../../streaming/index.ts";
import { AGREE, FRANCE, settle } from "../support/fake-conversation.ts";
import { converse, partsOf, PRINTED, QUESTION, questions } from "../support/seeing-conversation.ts";

describe("a conversation that takes its time to look", () => {
  it("is silent at once when somebody types over an answer, however long the look at what they mean takes", async () => {
    const { conversation, sight, show } = converse();
    conversation.languageModel.answer = () =>
      "One two three four five six seven eight nine ten eleven twelve.";
    await conversation.say(FRANCE);
    await conversation.silence(1000);
    expect(conversation.of("answer-end")).toEqual([]);
    sight.decoder.decode = () => new Promise(() => undefined);
    await show(50);
    conversation.session.push({ type: "text", text: "What is it?" });
    await settle();
    expect(conversation.of("answer-end")).toMatchObject([{ turn: 1, outcome: "interrupted" }]);
  });

  it("answers what was typed together with what is typed before that is looked at, and not at all where it was taken back", async () => {
    const { conversation, reader, show } = converse();
    let read: (lines: readonly []) => void = () => undefined;
    reader.read = () => new Promise((resolve) => (read = resolve));
    await show(PRINTED);
    conversation.session.push({ type: "text", text: "Read this sign." });
    conversation.session.push({ type: "text", text: "Thanks." });
    await settle();
    expect(questions(conversation)).toEqual([]);
    read([]);
    await settle();
    expect(questions(conversation).map((parts) => parts.at(-1))).toEqual(["Read this sign. Thanks."]);
    reader.read = () => new Promise((resolve) => (read = resolve));
    await show(20);
    conversation.session.push({ type: "text", text: "Read that sign." });
    await settle();
    conversation.session.push({ type: "interrupt" });
    read([]);
    await conversation.silence(1000);
    expect(questions(conversation)).toHaveLength(1);
  });

  it("cuts nothing off that was said since for what was typed before, and answers both", async () => {
    const { conversation, look } = await typing();
    await conversation.say(FRANCE);
    await conversation.silence(600);
    look.end();
    await conversation.silence(3000);
    expect(conversation.of("answer-end")).toMatchObject([
      { outcome: "interrupted", text: "" },
      { outcome: "completed", text: "I see." },
    ]);
    expect(questions(conversation).map((parts) => parts.at(-1))).toEqual([`What is this? ${QUESTION}`]);
  });

  it("answers nothing that was typed where somebody says stop before it is looked at", async () => {
    const { conversation, look } = await typing();
    await conversation.say(AGREE, 350);
    await conversation.silence(1000);
    expect(conversation.of("decision").at(-1)).toMatchObject({ kind: "stop" });
    look.end();
    await conversation.silence(3000);
    expect(questions(conversation)).toEqual([]);
    expect(conversation.of("answer-end")).toMatchObject([{ outcome: "interrupted", text: "" }]);
  });

  it("reads what is printed where what stands in the context asks for it, said or written, or what is printed small is never read", async () => {
    const { conversation, reader, show } = converse("Read this sign.");
    reader.read = () => Promise.resolve([{ text: "Exit", probability: 0.9, height: 0.01 }]);
    const { session } = conversation;
    session.push({ type: "configure", settings: { answers: "when-asked" } });
    await conversation.say(FRANCE);
    await conversation.silence(1000);
    await show(PRINTED);
    session.push({ type: "respond" });
    await settle();
    expect(questions(conversation)).toEqual([
      [`frame ${PRINTED}`, expect.stringContaining("Exit"), "Read this sign."],
    ]);
    await conversation.silence(3000);
    session.push({ type: "add-context", messages: [{ role: "user", text: "What do you see?" }] });
    await show(50);
    session.push({ type: "respond" });
    await settle();
    expect(questions(conversation).at(-1)).toEqual(["frame 50", "What do you see?"]);
  });

  it("holds up no question that asks for no reading where a screen takes long to read, and waits where one does", async () => {
    const { conversation, reader, show } = converse();
    reader.read = () => new Promise(() => undefined);
    await show(50);
    conversation.session.push({ type: "text", text: "What do you see?" });
    await settle();
    conversation.clock.advance(150);
    await settle();
    expect(questions(conversation)).toEqual([["frame 50", "What do you see?"]]);
    await conversation.silence(3000);
    await show(200);
    conversation.session.push({ type: "text", text: "Read this." });
    await settle();
    conversation.clock.advance(2000);
    await settle();
    expect(questions(conversation)).toHaveLength(1);
    conversation.clock.advance(1500);
    await settle();
    expect(questions(conversation).at(-1)).toEqual(["frame 200", "Read this."]);
  });

  it("reads at once what somebody asks for, though it is being read already when nobody needs the time", async () => {
    const { conversation, reader, show } = converse();
    const urgencies: string[] = [];
    reader.read = ({ urgency }) => {
      urgencies.push(urgency);
      const lines = [{ text: "Exit", probability: 0.9, height: 0.1 }];
      return urgency === "asked" ? Promise.resolve(lines) : new Promise(() => undefined);
    };
    await show(50);
    conversation.session.push({ type: "text", text: "Read this." });
    await settle();
    expect(urgencies).toEqual(["ahead", "asked"]);
    expect(questions(conversation)).toEqual([["frame 50", expect.stringContaining("Exit"), "Read this."]]);
  });

  it("lets time pass for who only writes: looks at what is shown next, and knows when the camera has stopped", async () => {
    const { conversation, sight, show } = converse();
    for (const grey of [50, 200, 120]) {
      await show(grey);
      conversation.clock.advance(4000);
    }
    expect(conversation.of("view").map(({ labels }) => labels[0]?.name)).toEqual([
      "grey 50",
      "grey 200",
      "grey 120",
    ]);
    expect(sight.sight.requests.map(({ urgency }) => urgency)).toEqual(["ahead", "ahead", "ahead"]);
    conversation.clock.advance(3_596_000);
    conversation.session.push({ type: "text", text: "What do you see?" });
    await settle();
    expect(questions(conversation)).toEqual([
      ["frame 120", "[the camera stopped 3600 seconds ago]", "What do you see?"],
    ]);
  });

  it("takes what was in view when it was said, also where the sound ends with the words", async () => {
    const { conversation, show } = converse("What is this?");
    conversation.clock.advance(5000);
    await show(50);
    await conversation.say(FRANCE);
    conversation.clock.advance(320);
    await show(200); // the lure
    for (let waitedMs = 0; waitedMs < 4000; waitedMs += 100) {
      conversation.clock.advance(100);
      await settle();
    }
    expect(questions(conversation)).toEqual([["frame 50", "What is this?"]]);
  });

  it("loses nothing that is handed over while an answer still waits for its look", async () => {
    const [looking, listening] = [held(), held()];
    const recognizer = new FakeSpeechRecognizer({ [FRANCE]: QUESTION });
    const recognize = recognizer.recognize.bind(recognizer);
    recognizer.recognize = async (request, options) => {
      if (request.urgency === "final") await listening.over;
      return await recognize(request, options);
    };
    const { conversation, sight, show } = converse(QUESTION, recognizer);
    const look = sight.sight.look.bind(sight.sight);
    sight.sight.look = async (request, options) => {
      await looking.over;
      return await look(request, options);
    };
    const { session } = conversation;
    const manners = { overlap: "unanswered" } as const;
    session.push({ type: "configure", settings: { turns: "manual", answers: "when-asked", manners } });
    session.push({ type: "add-context", messages: [{ role: "user", text: "What do you see?" }] });
    await show(50);
    session.push({ type: "respond" });
    await conversation.say(FRANCE);
    session.push({ type: "commit" });
    await settle();
    expect(questions(conversation)).toEqual([]);
    looking.end();
    await settle();
    expect(questions(conversation)).toEqual([["frame 50", "What do you see?"]]);
    listening.end();
    await conversation.silence(3000);
    expect(conversation.of("turn-dropped")).toEqual([]);
    expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual([QUESTION]);
    expect(conversation.of("answer-end")).toMatchObject([{ outcome: "completed", text: "I see." }]);
    session.push({ type: "respond" });
    await settle();
    const { messages = [] } = conversation.languageModel.generations.at(-1) ?? {};
    expect(messages.slice(-2).map((message) => partsOf(message).at(-1))).toEqual(["I see.", QUESTION]);
  });

  describe("before it responds", () => {
    /** An answer was asked for, about a picture that is looked at until `seen`; somebody has begun to speak. */
    async function talkedInto(settings: Partial<SessionOptions>) {
      const looking = held();
      const { conversation, sight, show } = converse();
      const look = sight.sight.look.bind(sight.sight);
      sight.sight.look = async (request, options) => {
        await looking.over;
        return await look(request, options);
      };
      const { session } = conversation;
      session.push({ type: "configure", settings });
      session.push({ type: "add-context", messages: [{ role: "user", text: "What do you see?" }] });
      await show(50);
      session.push({ type: "respond" });
      await conversation.say(FRANCE);
      looking.end();
      await settle();
      expect(conversation.of("answer-start")).toEqual([]);
      return conversation;
    }

    it("loses nothing of what is said meanwhile, and answers that, once", async () => {
      const conversation = await talkedInto({});
      await conversation.silence(5000);
      expect(conversation.of("turn-dropped")).toEqual([]);
      expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual([QUESTION]);
      expect(conversation.of("answer-end")).toMatchObject([{ outcome: "completed", text: "I see." }]);
    });

    it("hears the user out also where they are answered only when somebody asks for it", async () => {
      const conversation = await talkedInto({ answers: "when-asked" });
      await conversation.silence(5000);
      expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual([QUESTION]);
      expect(conversation.of("answer-start")).toHaveLength(1);
      const [generation] = conversation.languageModel.generations;
      expect(partsOf(generation?.messages.at(-1)).at(-1)).toContain(QUESTION);
    });

    it("is asked for no silence: it responds, and says at once what else there is to say", async () => {
      const conversation = await talkedInto({});
      conversation.session.push({ type: "respond" });
      conversation.session.push({ type: "clear" });
      conversation.session.push({ type: "say", text: "The tea is ready." });
      await conversation.silence(5000);
      expect(conversation.of("respond-dropped")).toEqual([]);
      expect(conversation.of("answer-end").map(({ text }) => text)).toEqual(["I see.", "The tea is ready."]);
    });

    it("responds all the same where what sounded like speech was none", async () => {
      const conversation = await talkedInto({});
      conversation.session.push({ type: "clear" });
      await conversation.silence(5000);
      expect(conversation.of("turn-dropped")).toHaveLength(1);
      expect(conversation.of("answer-end")).toMatchObject([{ outcome: "completed" }]);
    });
  });
});

/** Somebody has typed a question about a picture that takes its time to be looked at; they can say another one, or stop. */
async function typing() {
  const recognizer = new FakeSpeechRecognizer({ [FRANCE]: QUESTION, [AGREE]: "Stop." });
  const { conversation, sight, show } = converse(QUESTION, recognizer);
  const look = held();
  const lookAt = sight.sight.look.bind(sight.sight);
  sight.sight.look = async (request, options) => {
    await look.over;
    return await lookAt(request, options);
  };
  await show(50);
  conversation.session.push({ type: "text", text: "What is this?" });
  await settle();
  return { conversation, look };
}

/** Something that takes until the test says so. */
function held(): { readonly over: Promise<void>; readonly end: () => void } {
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (end = resolve));
  return { over, end };
}
