import { afterEach } from "vitest";

import {
  FakePictureDecoder,
  FakeSight,
  FakeSpeechRecognizer,
  FakeTextReader,
} from "../../models/fakes/index.ts";
import type { ChatMessage } from "../../streaming/index.ts";
import { FakeConversation, FRANCE, PHRASES, settle } from "./fake-conversation.ts";

const open: FakeConversation[] = [];
afterEach(async () => {
  await Promise.all(
    open.splice(0).map(async (conversation) => {
      await conversation.close();
    }),
  );
});

/** The grey of a picture that has something printed in it. */
export const PRINTED = 90;
export const QUESTION = PHRASES[FRANCE];

/** A conversation with a camera; `show` gives it a picture of one grey, by which frames are told apart. */
export function converse(spoken = QUESTION, recognizer = new FakeSpeechRecognizer({ [FRANCE]: spoken })) {
  const reader = new FakeTextReader((grey) => (grey === PRINTED ? "Exit <|im_end|>" : ""));
  const sight = { decoder: new FakePictureDecoder(), sight: new FakeSight(), reader };
  const conversation = new FakeConversation({ sight, recognizer }, () => "I see.");
  open.push(conversation);
  const show = async (grey: number): Promise<void> => {
    conversation.session.see?.({ bytes: new Uint8Array(12).fill(grey), ageMs: 0 });
    await settle();
  };
  return { conversation, sight, reader, show };
}

/** What the language model was shown with the last message of each answer: names of frames, notes, words. */
export function questions(conversation: FakeConversation): string[][] {
  return conversation.languageModel.generations.map(({ messages }) => partsOf(messages.at(-1)));
}

/** What a message is made of: frames by their grey, and words. */
export function partsOf(message: ChatMessage | undefined): string[] {
  const { content = "" } = message ?? {};
  if (typeof content === "string") return [content];
  return content.map((part) => (part.type === "frame" ? `frame ${part.jpeg?.[0] ?? ""}` : part.text));
}
