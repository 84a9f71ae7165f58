import { describe, expect, it } from "vitest";

import { FakeSpeechRecognizer } from "../../models/fakes/index.ts";
import type { Sight } from "../../streaming/index.ts";
import { AGREE, FRANCE, settle } from "../support/fake-conversation.ts";
import { converse, partsOf, PRINTED, QUESTION, questions } from "../support/seeing-conversation.ts";

describe("a conversation with a camera", () => {
  it("asks about what was in view when the words were spoken, not about what came after them", async () => {
    const { conversation, show } = converse("What is this?");
    await show(50);
    await conversation.say(FRANCE);
    await conversation.silence(40);
    await show(200); // the lure: before the answer begins, another picture
    await conversation.silence(1500);
    expect(questions(conversation)).toEqual([["frame 50", "What is this?"]]);
  });

  it("tells what a picture shows also where that was taken before the first sound came", async () => {
    const { conversation } = converse();
    conversation.session.see?.({ bytes: new Uint8Array(12).fill(50), ageMs: 400 });
    await settle();
    expect(conversation.of("view")).toMatchObject([{ labels: [{ name: "grey 50" }] }]);
  });

  it("tells what a picture shows, by the client's own mark of it, to who sent it and nothing to the language model", async () => {
    const { conversation } = converse();
    conversation.session.see?.({ bytes: new Uint8Array(12).fill(50), ageMs: 0, stampMs: 1234 });
    await settle();
    expect(conversation.of("view")).toEqual([
      {
        type: "view",
        pictureMs: 1234,
        labels: [{ name: "grey 50", probability: 0.9 }],
        people: 0,
        isSure: true,
      },
    ]);
    expect(conversation.languageModel.generations).toEqual([]);
  });

  it("answers with a picture that was attached to the question, whatever that is about", async () => {
    const { conversation } = converse();
    conversation.session.see?.({ bytes: new Uint8Array(12).fill(50), ageMs: 0, isAttached: true });
    await conversation.say(FRANCE);
    await conversation.silence(1500);
    expect(questions(conversation)).toEqual([["frame 50", QUESTION]]);
  });

  it("shows what was in view with words that are handed over, also where they seemed to mean nothing", async () => {
    const recognizer = new FakeSpeechRecognizer({ [FRANCE]: QUESTION, [AGREE]: "Mm-hmm." });
    const { conversation } = converse(QUESTION, recognizer);
    conversation.languageModel.answer = () => "One two three four five six seven eight nine ten.";
    const { session } = conversation;
    session.push({ type: "configure", settings: { turns: "manual" } });
    const ask = async (grey: number, frequency: number): Promise<void> => {
      session.see?.({ bytes: new Uint8Array(12).fill(grey), ageMs: 0, isAttached: true });
      await conversation.say(frequency, 400);
      session.push({ type: "commit" });
      await conversation.silence(500);
    };
    await ask(50, FRANCE);
    await ask(200, AGREE);
    expect(conversation.of("decision").at(-1)).toMatchObject({ kind: "backchannel" });
    expect(questions(conversation)).toEqual([
      ["frame 50", QUESTION],
      ["frame 200", "Mm-hmm."],
    ]);
  });

  it("begins the prompt of every question in the same way, so that a cache stays right", async () => {
    const { conversation, show } = converse();
    await show(50);
    await conversation.say(FRANCE);
    await conversation.silence(2500);
    const { prefills, generations } = conversation.languageModel;
    const systems = [...prefills.slice(-3), ...generations].map(({ messages }) => messages[0]?.content);
    expect(new Set(systems).size).toBe(1);
    expect(systems[0]).toContain("[camera:");
  });

  it("does not say that the camera is off where its first picture is only not known yet", async () => {
    const { conversation, sight, show } = converse("What do you see?");
    sight.decoder.decode = () => new Promise(() => undefined);
    await show(50);
    await conversation.say(FRANCE);
    await conversation.silence(3000);
    expect(questions(conversation)).toEqual([
      ["[the camera is on, but what it shows is not known yet]", "What do you see?"],
    ]);
  });

  it("says unasked what has nothing to do with what is in view", async () => {
    const { conversation, show } = converse();
    await show(50);
    conversation.session.push({ type: "text", text: "What is it?" });
    await conversation.silence(2500);
    conversation.session.push({ type: "say", text: "The tea is ready." });
    await conversation.silence(2500);
    conversation.session.push({ type: "text", text: "And its colour?" });
    await conversation.silence(1500);
    const prompt = conversation.languageModel.generations.at(-1)?.messages ?? [];
    expect(prompt.slice(1).map(({ role }) => role)).toEqual(["user", "assistant", "assistant", "user"]);
  });

  it("tries again to read what it could not read", async () => {
    const { conversation, reader, show } = converse();
    const read = reader.read.bind(reader);
    reader.read = () => Promise.reject(new Error("the eyes are gone"));
    await show(PRINTED);
    reader.read = read;
    conversation.session.push({ type: "text", text: "Read this sign." });
    await conversation.silence(1500);
    expect(questions(conversation).flat().join()).toContain("Exit");
  });

  it("computes what a new scene costs before anybody asks about it", async () => {
    const { conversation, show } = converse();
    await show(50);
    await settle();
    expect(partsOf(conversation.languageModel.prefills.at(-1)?.messages.at(-1))[0]).toBe("frame 50");
  });

  it("computes it behind the words so far of who is asking, and not at all where they ask about something else", async () => {
    const { conversation, show } = converse("What am I holding up here just now, please?");
    await conversation.say(FRANCE, 1200);
    await show(50);
    await settle();
    const [frame, words] = partsOf(conversation.languageModel.prefills.at(-1)?.messages.at(-1));
    expect(frame).toBe("frame 50");
    expect(words).toContain("What am I");
    const other = converse("How many legs does a spider have, and how many eyes?");
    await other.show(50);
    await other.conversation.say(FRANCE, 1200);
    const { prefills } = other.conversation.languageModel;
    const before = prefills.length;
    await other.show(200);
    await settle();
    expect(other.conversation.of("view")).toHaveLength(2);
    expect(prefills).toHaveLength(before);
  });

  it("says that a camera has stopped, or was never on, where somebody asks what can be seen", async () => {
    const { conversation, show } = converse();
    conversation.session.push({ type: "text", text: "What am I holding?" });
    await conversation.silence(1500);
    await show(50);
    await conversation.silence(6000);
    conversation.session.push({ type: "text", text: "And what do you see now?" });
    await conversation.silence(1500);
    expect(questions(conversation)).toEqual([
      ["[the camera is off: nothing can be seen]", "What am I holding?"],
      ["frame 50", "[the camera stopped 6 seconds ago]", "And what do you see now?"],
    ]);
  });

  it("reads what is printed when asked to, as a quotation that holds no control tokens' brackets", async () => {
    const { conversation, reader, show } = converse();
    await show(PRINTED);
    conversation.session.push({ type: "text", text: "Read this, please." });
    await conversation.silence(1500);
    expect(reader.calls).toBe(1);
    const [[, note] = []] = questions(conversation);
    expect(note).toContain("Exit");
    expect(note).not.toMatch(/[<>|]{2}/u);
  });

  it("takes colours from the pixels where somebody asks for them, since the encoder cannot tell them", async () => {
    const { conversation, show } = converse();
    for (const text of ["What colour is this?", "Is this red?", "What is this?"]) {
      await show(128);
      conversation.session.push({ type: "text", text });
      await conversation.silence(2500);
    }
    const notes = questions(conversation).map((parts) => parts.slice(1, -1));
    const note = "[by its pixels, what is in the middle is grey]";
    expect(notes).toEqual([[note], [note], []]);
  });

  it("says whether a thing is there that somebody asks for by its name, but not of a picture in the dark", async () => {
    const { conversation, sight, show } = converse();
    const eyes: Sight = sight.sight;
    eyes.find = (question) =>
      question.includes("cup") ? { name: "a cup", isThere: question.includes("blue") } : undefined;
    for (const text of ["Is there a cup?", "Is there a blue cup?", "Is there a spoon?"]) {
      await show(128);
      conversation.session.push({ type: "text", text });
      await conversation.silence(2500);
    }
    const look = sight.sight.look.bind(sight.sight);
    sight.sight.look = async (request, options) => ({
      ...(await look(request, options)),
      scene: [{ name: "dark", probability: 0.9 }],
    });
    await show(30);
    conversation.session.push({ type: "text", text: "Is there a cup?" });
    await conversation.silence(2500);
    const notes = questions(conversation).map((parts) => parts.slice(1, -1));
    expect(notes).toEqual([
      ["[no, the camera does not show a cup]"],
      [expect.stringContaining("[yes, the camera shows a cup]")],
      [],
      [],
    ]);
  });

  it("answers by ear where a picture cannot be used, and tells that", async () => {
    const { conversation, show } = converse();
    await show(255);
    await conversation.say(FRANCE);
    await conversation.silence(1500);
    expect(conversation.of("error").map(({ code }) => code)).toEqual(["picture-unreadable"]);
    expect(questions(conversation)).toEqual([[QUESTION]]);
  });
});

describe("words about what is in view", () => {
  const REASON = "it is about what is in view";
  function converseOfCup() {
    const conversing = converse("My red cup.");
    conversing.sight.sight.seen = (grey) => (grey === 50 ? "red cup" : "lamp");
    const reasonOf = async (): Promise<string | undefined> => {
      await conversing.conversation.silence(1500);
      return conversing.conversation.of("decision").at(-1)?.reason;
    };
    return { ...conversing, reasonOf };
  }

  it("count as such by what was there when they began, whatever came into view since", async () => {
    const { conversation, show, reasonOf } = converseOfCup();
    await show(50);
    await conversation.say(FRANCE, 500);
    await show(200);
    await conversation.say(FRANCE, 400);
    expect(await reasonOf()).toBe(REASON);
  });

  it("do not where it came later, or the camera has stopped", async () => {
    const late = converseOfCup();
    await late.show(200);
    await late.conversation.say(FRANCE, 500);
    await late.show(50);
    await late.conversation.say(FRANCE, 400);
    expect(await late.reasonOf()).not.toBe(REASON);
    const stopped = converseOfCup();
    await stopped.show(50);
    await stopped.conversation.silence(3500);
    await stopped.conversation.say(FRANCE);
    expect(await stopped.reasonOf()).not.toBe(REASON);
  });
});
