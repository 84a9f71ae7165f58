/**
 * The words that the monitor knows, in lower case and without punctuation, as Whisper writes them. A phrase is a line of
 * words; hyphens are written as spaces ("mm-hmm" is "mm hmm").
 */

const lines = (text: string): readonly string[] =>
  text
    .split(/[,\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** Commands to be silent. The last line is what Whisper tiny.en makes of some of them when they stand alone. */
export const STOP_PHRASES = new Set(
  lines(`stop, stop it, stop that, stop there, stop right there, stop talking, stop speaking, please stop
    you can stop, i said stop
    wait, wait up, wait a second, wait a minute, wait a moment, wait a sec, hold on, hold up, hold it, hold that thought
    hold on a second, hold on a minute, hold on a moment, hold on a sec, hang on, hang on a second, hang on a minute
    hang on a sec, one second, one moment, one sec, just a second, just a minute, just a moment, just a sec
    give me a second, give me a minute, give me a moment, let me stop you there, time out
    be quiet, quiet, silence, hush, shush, shh, shut up, zip it, no more, no more talking
    never mind, nevermind, forget it, forget about it, cancel, cancel that, skip it, drop it
    say no more, not another word, no more talking please, quit, quit it, give it a rest, keep quiet, stay quiet, pipe down
    stop playing, stop reading, stop answering, stop telling me, let me talk, let me speak, let me finish, i'm talking
    we're done, i'm done, that's all, that's it, end it, zip it up, stop this, stop saying that, stop it there
    enough, that's enough, thats enough, that is enough, enough already, that'll do, that will do, i've heard enough
    pause, pause please, no no, no no no, cut it out, knock it off, stop for a second, stop for a moment, stop now
    stahp, stopp, stop stop, weight, weight a minute, hold don, hold down, hang gone, paws, shut-up, be quite, never mine`),
);

/** What may stand around a stop command without making it anything else. */
export const STOP_COMPANIONS = new Set(
  lines(
    `okay, ok, please, oh, hey, no, alright, all right, now, well, um, uh, yeah, thanks, thank you, just, sorry, so, for now
    i get it, can you, could you, would you, will you, already, then, right now, again, there, listen, right, yes, look
    a second, a minute, a moment, a sec, for a second, for a minute, for a moment, assistant, computer`,
  ),
);

/** How a listener finds things: alone, or in one of the phrases below. */
const OPINIONS =
  lines(`amazing, awesome, awful, bad, beautiful, brilliant, clear, clever, cool, crazy, cute, delicious, excellent
  exciting, fair, fantastic, fascinating, fine, fun, funny, good, great, helpful, hilarious, horrible, impressive, incredible
  insane, interesting, lovely, lucky, neat, nice, odd, perfect, right, sad, scary, shocking, simple, smart, strange
  surprising, sweet, terrible, terrific, true, unbelievable, useful, weird, wild, wise, wonderful`);

const phrasesOf = (opinion: string): readonly string[] =>
  [
    "",
    "that's ",
    "that is ",
    "how ",
    "so ",
    "very ",
    "really ",
    "pretty ",
    "quite ",
    "sounds ",
    "that sounds ",
  ].map((before) => before + opinion);

/** What a listener says to be taken for one: it wants no answer while somebody speaks. */
export const BACKCHANNELS = new Set([
  ...OPINIONS.flatMap(phrasesOf),
  ...lines(`mm, mmm, mhm, mmhm, mm hm, mm hmm, mmhmm, mm mm, mhmm, m hm, m hmm, hm, hmm, hmmm, um hmm, um hum, uhm hmm, mm mmm
    uh huh, uhuh, uhhuh, uh hum, uh, uh oh, ah, ah ha, aha, ahh, oh, ooh, oooh, ohh, oh wow, oh my, oh god, oh my god, gosh
    yeah, yea, ya, yep, yup, yes, ye, oh yeah, oh yes, oh okay, oh really, oh no, oh i see
    right, all right, alright, that's right, right on, okay, ok, k, mkay, okey dokey
    sure, of course, exactly, totally, definitely, absolutely, true, that's true, so true, indeed, correct, agreed
    wow, whoa, woah, cool, very cool, nice, very nice, great, that's great, good, very good, that's good, awesome, amazing
    fine, perfect, lovely, excellent, fantastic, wonderful, sweet, neat, brilliant, interesting, very interesting
    that's interesting, that's cool, that's nice, that's amazing, that's funny, funny, ha, haha, ha ha, hah, he he
    i see, i know, i agree, i understand, i get it, got it, gotcha, got you, understood, makes sense, that makes sense
    really, is that so, is it, seriously, no way, you don't say, fair enough, good point, good to know, i guess, huh
    thanks, thank you, go on, keep going, no kidding, for sure, for real, my god, jeez, damn, yikes, aw, aww, ouch
    i bet, i hear you, no doubt, you bet, you're right, oh dear, oh man, oh well, boy, man, goodness, my goodness, gee
    sounds right, works for me, all good, righto, alrighty, yeps, is that true, who knew, wow okay, holy cow, hooray, yay
    bravo, well done, same, same here, me too, likewise, precisely, quite so, naturally, certainly, surely, obviously
    clearly, apparently, as expected, that explains it, that figures, noted, roger, copy that, very well, i suppose
    i suppose so, i think so, i guess so, i believe so, i know right, i like that, i like it, love it, i love that
    what a shame, what a pity, what a surprise, too bad, poor thing, ah well, there you go, and then, i can imagine
    i can see that, i remember, i noticed, course, yeah yeah, hear hear, oh good, uh hmm, mm mm hmm, ok then, okay then`),
]);

/** Those of them that answer a question. */
export const ANSWERS = new Set(
  lines(
    "yes, no, nope, nah, never, maybe, not really, not yet, i guess, i don't know, please, both, neither",
  ),
);

/** How people are called by their second names. */
export const TITLES = new Set(
  lines("mr, mrs, ms, miss, mister, dr, doctor, professor, officer, aunt, uncle"),
);

/** Sounds of somebody who has not found the words yet. */
export const FILLERS = new Set(
  lines(`um, uhm, umm, uh, er, erm, eh, ah, hmm, hm, mm, like, well, so, okay so, you know, i mean, let me see, let's see
    let me think, how do i say, what was it, i was like, anyway, and, but, okay, actually, also, basically, right so`),
);

/** Words that no sentence ends in: something is still to come. */
export const OPEN_ENDINGS = new Set(
  lines(`and, or, but, because, so, if, when, while, although, though, unless, until, than, that's, whether, since, cause
    the, a, an, my, your, his, her, our, their, its, this is, some, any, every, another, which
    of, to, about, from, with, for, at, by, into, onto, between, during, without, against, toward, towards, upon
    is, are, was, were, am, be, been, being, will, would, could, should, can, may, might, must, i'm, it's, he's, she's
    we're, they're, you're, i'd, i'll, i've, i, we, they, he, she, um, uh, er, like, very, really, not, just, maybe, also
    want to, going to, wanna, gonna, have to, need to, as, such, how about, what about, even, then, to the, of the`),
);

/** Sentences that end in one of those words all the same: "what it looks like", "how rain comes about". */
export const WHOLE_ENDINGS = new Set(
  lines(`look like, looks like, looked like, sound like, sounds like, sounded like, feel like, feels like, felt like
    taste like, tastes like, smell like, smells like, do you like, come about, comes about, came about, bring about
    brings about, all about`),
);

/** Those of them that end no question either, whatever mark the recogniser puts behind them. */
export const NEVER_ENDINGS = new Set(
  lines(
    "the, a, an, my, your, our, their, every, and, because, if, of the, to the, such a, how to, want to, going to",
  ),
);

/** How questions and commands begin. */
export const DIRECT_OPENINGS = new Set(
  lines(`what, what's, whats, who, who's, whose, where, where's, when, when's, why, how, how's, which
    can you, could you, would you, will you, can i, could i, may i, can we, could we, should i, should we, do you, did you
    do i, does, did, is it, is there, is that, is this, are there, are you, are they, was, were, have you, has, would it
    tell, explain, show, give, list, describe, define, name, compare, translate, summarize, summarise, repeat, say, spell
    read, write, make, play, sing, find, look, search, set, remind, turn, add, remove, start, begin, continue, let's, help
    calculate, count, convert, check, open, change, switch, use, try, skip, suggest, recommend, imagine, think, go back
    speak, talk, slow, please, how about, what about, and what, and how, and why, and who, and where, and when, but what
    but how, but why`),
);

/** How wishes, corrections and greetings begin: they want something too, and more may well follow. */
export const REQUEST_OPENINGS = new Set([
  ...DIRECT_OPENINGS,
  ...lines(`i want, i need, i'd like, i would like, i wanted, i was wondering, i wonder, i have a question
    i meant, i mean, i said, i asked, i'm asking, i'm looking, i'm trying, not that, not the, that's not, that's wrong
    but i, actually, instead, wrong, louder, quieter, slower, faster, again, next, hello, hi, good morning, good evening`),
]);

/** With one of these words behind it, one of those is no question: "when I go to …", "what he said is …". */
export const SUBORDINATORS = new Set(lines("when, where, what, how, why, who, which"));
export const SUBJECTS = new Set(
  lines("i, i'm, i've, we, we're, you, you're, he, he's, she, she's, they, they're, it, my, our"),
);

/** Questions that may be whole, but as often go on: "can you explain to me why", "tell me how". */
export const ASKING_ENDINGS = new Set(
  ["me", "us", "know", "explain", "remember", "wonder", "wondering", "understand", "see"].flatMap((before) =>
    ["why", "how", "what", "where", "when", "who", "which", "whether", "if"].map(
      (word) => `${before} ${word}`,
    ),
  ),
);

/** Names of the assistant's kind: who says one speaks to it. */
export const ASSISTANT_NAMES = new Set(lines("assistant, computer, antiphon, robot"));

/** What may stand before one, without being an answer. */
export const HESITATIONS = new Set(lines("oh, um, uh, er, hmm, hey, okay, ok, so, well, and"));

/** Calls and thanks before what is wanted. */
export const COURTESIES = new Set([...ASSISTANT_NAMES, ...lines("now, then, thanks, thank you")]);

/** What asks for the floor and says nothing yet. */
export const INTERJECTIONS = new Set(
  lines(`actually, sorry, excuse me, pardon, pardon me, but, listen, question, quick question, one question
    no but, yes but, yeah but, oh but, but wait, wait but`),
);

/** Openings that may precede a request. */
export const PREAMBLES = new Set(
  lines(
    "okay, ok, so, well, um, uh, oh, no, yes, yeah, hey, wait, stop, sorry, hold on, right, and, but, alright, hmm, also",
  ),
);

/** Who else may be in the room. */
export const OTHERS = new Set(
  lines(`mom, mum, mommy, mummy, mama, dad, daddy, papa, grandma, grandpa, granny, nana, honey, hon, sweetie, sweetheart
    darling, dear, babe, baby, love, kids, kiddo, guys, boys, girls, everyone, everybody, folks, buddy, dude, man, bro, sis
    sir, madam, ma'am, officer, doctor, waiter, professor, coach, boss, mate, uncle, auntie
    adam, alex, alice, amy, andrew, angela, anna, anne, ben, bill, bob, brian, carl, carol, charlie, chris, claire, dan
    daniel, dave, david, diana, ed, eddie, ella, emily, emma, eric, eva, frank, fred, george, grace, greg, hannah, harry
    helen, henry, ian, jack, jake, james, jane, jason, jeff, jen, jenny, jessica, jim, jimmy, joe, john, johnny, josh
    julia, julie, karen, kate, katie, kevin, kim, larry, laura, lauren, leo, linda, lisa, liz, lucas, lucy, luke, maria
    mark, martin, mary, matt, max, megan, mia, michael, mike, molly, nancy, nick, nicole, noah, nora, oliver, olivia
    oscar, pam, pat, patrick, paul, peter, phil, rachel, ray, rebecca, richard, rob, robert, rose, ryan, sam, samantha
    sandra, sara, sarah, scott, sean, sophia, sophie, steve, steven, sue, susan, ted, tim, tina, tom, tommy, tony, vicky
    victor, walter, will, william, zoe`),
);

/** What Whisper writes over sound without words, for so many subtitles hold it. */
export const INVENTED_PHRASES = new Set(
  lines(`you, thank you, thanks, thank you very much, thank you so much, thank you for watching, thanks for watching
    thank you for listening, please subscribe, see you next time, see you in the next video, subscribe to my channel
    bye, bye bye, goodbye, so, the, i, a, it's, oh, okay, uh, i'm sorry, we'll be right back, the end, all right, music
    applause, silence, blank audio, foreign, bell, beep, click, ding`),
);
