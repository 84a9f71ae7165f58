import type { Evidence, UtteranceKind } from "../../../streaming/index.ts";

/** What the assistant says while the user speaks over it. */
const PARIS =
  "Paris is the capital of France. It lies on the river Seine and has about two million people. The city is known for its museums, such as the Louvre, and for the Eiffel Tower, which was built in 1889.";

/** Somebody near the microphone who speaks clearly, over an answer. */
export const OVER_ANSWER: Evidence = {
  text: "",
  isFinal: true,
  speechMs: 900,
  speechProbability: 0.9,
  levelDb: 25,
  levelBelowUserDb: 0,
  finishedProbability: 0.8,
  recognition: { averageLogProbability: -0.35, noSpeechProbability: 0.05, rejected: false },
  echo: 0.05,
  spokenText: PARIS,
  assistantSpeaking: true,
  addressed: undefined,
};

/** The same while the assistant is silent. */
const SILENT: Evidence = { ...OVER_ANSWER, spokenText: "", assistantSpeaking: false };
const ASKED: Evidence = { ...SILENT, spokenText: "I can do that. Would you like me to go on?" };
/** From across the room, or behind a door: FDB v1.5 plays those who talk to others 8 dB and background 15 dB lower. */
const ASIDE: Evidence = { ...OVER_ANSWER, levelBelowUserDb: 8, levelDb: 17 };
const FAR: Evidence = { ...OVER_ANSWER, levelBelowUserDb: 15, levelDb: 10 };
const FAR_SILENT: Evidence = { ...SILENT, levelBelowUserDb: 15, levelDb: 10 };
const UNFINISHED: Evidence = { ...SILENT, finishedProbability: 0.15 };
const BARELY: Evidence = { ...SILENT, finishedProbability: 0.55 };
const PARTIAL: Evidence = { ...OVER_ANSWER, isFinal: false, finishedProbability: undefined };
const PARTIAL_SILENT: Evidence = { ...SILENT, isFinal: false, finishedProbability: undefined };
const doubted = (averageLogProbability: number, noSpeechProbability: number): Partial<Evidence> => ({
  recognition: { averageLogProbability, noSpeechProbability, rejected: false },
});
const NOISE: Evidence = { ...SILENT, ...doubted(-1.1, 0.5), speechProbability: 0.55, levelDb: 10 };
const NOISE_OVER: Evidence = { ...OVER_ANSWER, ...doubted(-1.1, 0.5), speechProbability: 0.55, levelDb: 10 };
const REJECTED: Evidence = {
  ...NOISE_OVER,
  recognition: { averageLogProbability: -1.8, noSpeechProbability: 0.7, rejected: true },
};
/** Echo that the detector hears, and echo that it misses. */
const ECHO: Evidence = { ...OVER_ANSWER, echo: 0.85, levelDb: 8, levelBelowUserDb: 20 };
const ECHO_MISSED: Evidence = { ...OVER_ANSWER, echo: 0.3, levelDb: 8, levelBelowUserDb: undefined };

export interface Utterance {
  readonly kind: UtteranceKind;
  readonly evidence: Evidence;
}

const all = (kind: UtteranceKind, evidence: Evidence, texts: readonly string[]): Utterance[] =>
  texts.map((text) => ({ kind, evidence: { ...evidence, text } }));

/** What people say to, beside and over an assistant, with the evidence that comes with it. */
export const UTTERANCES: readonly Utterance[] = [
  ...all("stop", OVER_ANSWER, [
    "Stop.",
    "Stop!",
    "Wait.",
    "Wait, wait, wait.",
    "Hold on.",
    "Hold on a second.",
    "Okay, stop.",
    "Okay, okay, that's enough.",
    "Please stop talking.",
    "Be quiet.",
    "Shut up!",
    "Never mind.",
    "Nevermind.",
    "No, no, no.",
    "No no.",
    "Pause.",
    "Oh, wait.",
    "Alright, enough.",
    "Thank you, that's enough.",
    "Hang on a minute, please.",
    "Can you stop, please?",
    "Stop it. Stop.",
    "Just a moment.",
    "Um, stop.",
    "Weight.",
    "Shh.",
  ]),
  ...all("stop", { ...PARTIAL, speechMs: 350 }, ["Stop", "wait", "Hold on", "No, no"]),
  ...all("stop", { ...OVER_ANSWER, ...doubted(-0.9, 0.2) }, ["Stop.", "Wait!", "Be quiet."]),
  ...all("stop", SILENT, ["Never mind.", "Stop."]),
  ...all("backchannel", OVER_ANSWER, [
    "Mm-hmm.",
    "Mm-hm.",
    "Mhm.",
    "Uh-huh.",
    "Hmm.",
    "Yeah.",
    "Yeah, yeah.",
    "Yeah, yeah, yeah, yeah.",
    "Right.",
    "Okay.",
    "Oh, okay.",
    "Wow.",
    "Oh wow!",
    "I see.",
    "Really?",
    "Oh really?",
    "Sure.",
    "Cool.",
    "Got it.",
    "Yeah, I see.",
    "That's interesting.",
    "Makes sense.",
    "No way!",
    "Uh.",
    "Oh.",
    "Huh.",
    "Of course.",
    "Nice.",
  ]),
  ...all("backchannel", { ...OVER_ANSWER, finishedProbability: 0.2, speechMs: 300 }, [
    "Yeah.",
    "Mm.",
    "Okay, right.",
  ]),
  ...all("backchannel", SILENT, ["Mm-hmm.", "Okay.", "I see.", "Yeah, right."]),
  ...all("query", OVER_ANSWER, [
    "What about Berlin?",
    "No, I meant Paris in Texas.",
    "Wait, how many people did you say?",
    "Okay, and what about the weather there?",
    "Actually, tell me about Rome instead.",
    "Can you speak a little slower?",
    "Stop, I want to hear about London.",
    "That's wrong, it was built in 1887.",
    "Yeah, but how tall is it?",
    "And who built it?",
    "Hey, can you say that again?",
    "Sorry, what was the last thing you said?",
    "I don't want to hear about museums.",
    "How do I get there from the airport?",
    "Could you give me a shorter answer?",
    "Hold on, is that the river in Normandy?",
    "Let's talk about something else.",
    "Louder, please.",
  ]),
  ...all("query", { ...OVER_ANSWER, finishedProbability: 0.3 }, [
    "What about the hotels near the",
    "No, not France, I was asking about Spain.",
  ]),
  ...all("query", { ...PARTIAL, speechMs: 1100 }, [
    "Actually, can you tell me",
    "What about the weather in",
    "No I meant the other one",
  ]),
  ...all("query", SILENT, [
    "What's the capital of France?",
    "Tell me a joke.",
    "How long does it take to boil an egg?",
    "I'd like to know more about the history of jazz.",
    "Set a timer for ten minutes.",
    "Hello.",
    "Good morning!",
    "Thanks, and what about tomorrow?",
    "My favourite colour is blue.",
    "Who wrote Pride and Prejudice?",
    "So, um, what's the weather like today?",
    "What did he say about the budget?",
    "I told you I live in Boston.",
    "Translate good night into Spanish.",
    "Can you pass on a message for me?",
    "Who is Paul McCartney?",
    "What are you thinking of?",
  ]),
  ...all("query", ASKED, [
    "Yes.",
    "Yes, please.",
    "No, thanks.",
    "Sure.",
    "Mm-hmm.",
    "Maybe later.",
    "Tomorrow.",
    "Okay.",
  ]),
  ...all("query", { ...SILENT, levelBelowUserDb: 7 }, ["What time is it?", "Explain how a rainbow forms."]),
  ...all("query", { ...SILENT, ...doubted(-0.75, 0.2) }, [
    "What is the tallest mountain in Africa?",
    "Read me the news.",
  ]),
  ...all("query", { ...FAR_SILENT, addressed: 0.97 }, [
    "Assistant, what's the time?",
    "Hey computer, tell me a story.",
  ]),
  ...all("incomplete", UNFINISHED, [
    "I was wondering if",
    "So what I want to know is the",
    "Can you tell me about",
    "I went to the store and",
    "The thing is that,",
    "My number is five five five",
    "What I mean is...",
    "I'd like to book a table for",
    "When I was in Rome, I",
    "Tell me the difference between a cat and",
    "Um",
    "So, um,",
    "Well, uh.",
    "Let me think.",
    "How do I say,",
    "I think we should, um,",
    "On the one hand I like the idea of",
  ]),
  ...all("incomplete", BARELY, [
    "Could you look up the",
    "It's because",
    "And then I was going to",
    "You know,",
  ]),
  ...all("incomplete", PARTIAL_SILENT, [
    "What is the",
    "Tell me a",
    "How many people live in Paris",
    "Okay so",
    "Yeah",
  ]),
  ...all("incomplete", { ...PARTIAL, speechMs: 350 }, ["", "I", "The", "And so", "Well"]),
  ...all("incomplete", OVER_ANSWER, ["Um.", "Um, so", "And, uh,"]),
  ...all("side-talk", ASIDE, [
    "Mom, where did you put the car keys?",
    "Hey John, can you pass me the salt?",
    "Can you close the door, honey?",
    "Did you feed the dog?",
    "Dinner is ready!",
    "I'm on the phone, give me five minutes.",
    "Sarah, are you coming with us tonight?",
    "Put your shoes on, we're late.",
    "Kids, please be a bit more quiet up there.",
    "I'll call you back in ten minutes.",
    "Someone's at the door.",
    "He said he would come at eight, Tom.",
    "Hey Mike did you see the game last night?",
  ]),
  ...all("side-talk", OVER_ANSWER, [
    "Mom, I'm in the kitchen.",
    "Hey Anna, can you bring me a coffee?",
    "Yes, honey, I'll be right there.",
    "Dad, I'm just talking to the assistant.",
    "Hand me that towel.",
    "Did you lock the car?",
  ]),
  ...all("side-talk", FAR, [
    "The president announced a new plan for the economy today.",
    "And now we turn to the weather for the weekend.",
    "I told her that we can't afford it this year.",
    "What do you think about the new neighbours?",
    "So then we drove all the way to Denver.",
    "Buy one, get one free, only this Saturday.",
  ]),
  ...all("side-talk", FAR_SILENT, [
    "She was like, no way am I going there.",
    "Tonight on channel five, the story of a lifetime.",
    "Do we need milk or anything from the store?",
    "Honey, the laundry is done.",
    "We'll meet them at the station around six.",
  ]),
  ...all("side-talk", { ...SILENT, addressed: 0.04 }, [
    "Bob, are you done with the printer?",
    "Okay, see you tomorrow, bye.",
    "I think we should leave at seven to be there on time, don't you?",
  ]),
  ...all("noise", NOISE, [
    "Thank you.",
    "Thanks for watching!",
    "you",
    "Bye.",
    "[BLANK_AUDIO]",
    "(music)",
    "*sighs*",
    "The",
    "So.",
  ]),
  ...all("noise", NOISE_OVER, [
    "Thank you.",
    "you",
    "Okay.",
    "[MUSIC PLAYING]",
    "I'm sorry.",
    "Bye-bye.",
    "♪ ♪",
  ]),
  ...all("noise", REJECTED, ["", "So it was the the."]),
  ...all("noise", SILENT, ["", "(door closes)"]),
  ...all("noise", { ...OVER_ANSWER, levelDb: 4, speechProbability: 0.4 }, [""]),
  ...all("noise", ECHO, [
    "It lies on the river Seine.",
    "about two million people",
    "The city is known for its",
    "",
    "for the Eiffel Tower which was built",
    "the Luvre and the Eiffel Tower",
    "museums",
  ]),
  ...all("noise", ECHO_MISSED, [
    "lies on the river sane and has about two million people.",
    "Paris is the capital of France.",
    "known for its museum such as the Louvre",
  ]),
  ...all("noise", { ...PARTIAL, echo: 0.8 }, ["", "the capital of", "is known"]),
];
