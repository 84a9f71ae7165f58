/** Asked for answers that are long enough to be talked over. */
export const LONG_QUESTIONS: readonly string[] = [
  "Tell me about the history of bread in four sentences.",
  "Please tell me a short story about a fox and a river.",
  "Explain in four sentences how rain comes about.",
  "Describe in four sentences what a day on a farm looks like.",
  "Tell me in four sentences why people like music.",
  "Explain in four sentences how a bicycle works.",
  "Tell me about the life of honey bees in four sentences.",
  "Describe a walk through a big city in four sentences.",
  "Explain in four sentences why the sea is salty.",
  "Tell me about the moon in four sentences.",
];

/** Turns of more than four seconds that end where they seem to end. */
export const LONG_TURNS: readonly string[] = [
  "I have been reading a lot about volcanoes lately. Can you tell me why they erupt?",
  "My sister wants to grow tomatoes on her balcony this year. What should she keep in mind?",
  "We are going to visit the mountains next week with the children. What should we take with us?",
  "I slept very badly last night because of the storm outside. How can I sleep better tonight?",
  "There is some bread left over in my kitchen from last week. What could I cook with it?",
  "My neighbor has got a little dog that barks all day long. How can I talk to him about it?",
  "I would like to learn how to play the guitar this winter. How should I begin?",
  "The windows in my old house are wet every single morning. Can you tell me why that happens?",
];

/** Both parts of a turn of more than five seconds, for a pause between them. */
export const BROKEN_TURNS: readonly (readonly [string, string])[] = [
  ["I would like to know from you,", "how bread is baked at home without a machine."],
  ["Could you please tell me, um,", "what I should cook tonight for four hungry people?"],
  ["My brother and I were wondering,", "why the leaves of the trees turn red in autumn."],
  ["When I go to the mountains with,", "my two children next week, what should I take with me?"],
  ["I was thinking about the,", "big storm of last night. Why is there lightning before the thunder?"],
  ["Can you explain to me why,", "the moon does not look the same on every day of the month?"],
  ["If I want to learn the guitar,", "how many hours should I practice in the first few weeks?"],
  ["So yesterday I read that, um,", "honey never goes bad. Can you tell me why that is so?"],
];

/** Interruptions by what they are; all but the words that only ask for silence want an answer. */
export const INTERRUPTIONS = {
  "topic-change": [
    "Actually, tell me what the capital of Italy is.",
    "Let's talk about something else. How do I boil an egg?",
    "Forget that. What should I know about cats?",
  ],
  correction: [
    "No, I meant something else. Tell me about cheese instead.",
    "Sorry, I wanted to ask about winter, not about that.",
    "No no, I was asking about the one in Germany.",
  ],
  stop: ["Stop.", "Wait.", "Hold on.", "Stop talking.", "Be quiet please."],
  "follow-up": [
    "And why did people begin to do that?",
    "How long does all of that usually take?",
    "Can you say that again in simpler words?",
  ],
} as const satisfies Record<string, readonly string[]>;

/** What a listener says without wanting the floor, at most three words. */
export const BACKCHANNELS: readonly string[] = [
  "Yeah.",
  "Mhm.",
  "Right.",
  "Okay.",
  "Wow.",
  "Uh-huh.",
  "I see.",
  "Oh really.",
  "Sure.",
  "That's right.",
  "Of course.",
  "Yes yes.",
];

/** Said by the user to somebody else in the room. */
export const SIDE_TALK: readonly string[] = [
  "Honey, can you close the window please?",
  "Did you feed the dog this morning, Tom?",
  "Dinner is at seven, tell your sister.",
  "No, leave it on the kitchen table.",
  "Anna, your phone is ringing next door.",
  "I will be with you in a minute, Paul.",
];

/** Said by others far away, such as a television. */
export const BACKGROUND_SPEECH: readonly string[] = [
  "The minister said on Monday that the talks would go on through the night.",
  "And now the weather. Tomorrow will be cloudy with some rain in the north.",
  "The home team won the match with three goals in the second half.",
  "Buy two for the price of one, only this week in all of our stores.",
  "He opened the door slowly, and there was nobody in the room.",
];

export const RECALL_QUESTION = "What was the last thing you said?";
