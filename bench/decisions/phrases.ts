import {
  BACKCHANNELS,
  BACKGROUND_SPEECH,
  BROKEN_TURNS,
  INTERRUPTIONS,
  LONG_QUESTIONS,
  LONG_TURNS,
  SIDE_TALK,
} from "../duplex/phrases.ts";
import { QUESTIONS } from "../questions.ts";

/** What may be said near a voice assistant, by what it is to it. */
export interface Phrases {
  /** Questions, requests and statements that are meant for it. */
  readonly query: readonly string[];
  readonly stop: readonly string[];
  readonly backchannel: readonly string[];
  /** Beginnings, before a pause. */
  readonly incomplete: readonly string[];
  /** Said by the user to somebody else. */
  readonly sideTalk: readonly string[];
  /** Said by others far away, or by a television. */
  readonly background: readonly string[];
}

/** The phrases by which the monitor was made: those of the conversations that the duplex bench plays, and more. */
export const KNOWN_PHRASES: Phrases = {
  query: [
    ...INTERRUPTIONS["topic-change"],
    ...INTERRUPTIONS.correction,
    ...INTERRUPTIONS["follow-up"],
    ...LONG_QUESTIONS.slice(0, 5),
    ...LONG_TURNS.slice(0, 4),
    ...QUESTIONS.slice(0, 10).map(({ text }) => text),
    "My favorite color is green.",
    "I am looking for a present for my mother.",
    "I don't think that is right.",
    "Good morning.",
    "I would rather hear about the sea.",
    "It is raining here today.",
    "The second one, please.",
    "Say it a bit louder.",
  ],
  stop: [
    ...INTERRUPTIONS.stop,
    "Stop it.",
    "Okay, stop.",
    "Wait a second.",
    "That's enough.",
    "Never mind.",
    "Quiet.",
    "Shut up.",
    "Hang on a moment.",
    "No, no, no.",
    "Pause please.",
  ],
  backchannel: [...BACKCHANNELS, "Hmm.", "Got it.", "Interesting.", "No way.", "Yep.", "Good to know."],
  incomplete: [
    ...BROKEN_TURNS.map(([beginning]) => beginning),
    "Tell me something about the,",
    "What I want to know is,",
    "I have two dogs and,",
    "So, um,",
    "Can you tell me how to,",
    "Last week I went to,",
    "What is the difference between a frog and a,",
    "Because my,",
  ],
  sideTalk: [
    ...SIDE_TALK,
    "Mom, where are my keys?",
    "Put your shoes on, we have to go.",
    "I'm on the phone, give me five minutes.",
    "Kids, please turn that down.",
    "Can you pass me the salt, Dad?",
    "Yes, mister Miller, I will send it to you tomorrow.",
    "Hey Mike, did you see the game last night?",
    "Who left the light on in the hallway?",
  ],
  background: [
    ...BACKGROUND_SPEECH,
    "And that brings us to the end of the program. Good night.",
    "She told me that she never wanted to see him again.",
    "Stay with us, we will be right back after the break.",
    "Experts say that prices will rise again next year.",
    "The train to London leaves from platform nine.",
  ],
};
