import { type Phrasebook, PHRASEBOOKS } from "./phrasebooks.ts";
import { RECALL_QUESTION } from "./phrases.ts";
import { type Random, seededRandom, seedOf } from "./random.ts";
import {
  NOISE_COLOURS,
  type Place,
  type ScenarioName,
  type SegmentKind,
  type Source,
  type Step,
  type Trial,
  type Voice,
  VOICES,
} from "./trial.ts";

/** How long an answer is waited for; what is missing counts as this long. */
export const RESPONSE_WINDOW_MS = 5000;

/** How long the first answer may take, without which there is nothing to talk over. */
const SETUP_PATIENCE_MS = 10_000;

/** An answer is listened to this long: a shorter sound is no turn by the rule of Full-Duplex-Bench. */
const TAKEOVER_MS = 1300;

/** Silence in which an answer that was talked over could stop late, or be begun anew. */
const AFTERMATH_MS = 3000;

/** When the answer is talked over, after its first sound. */
const OVERLAP_MS = { earliest: 1000, latest: 2200 } as const;

/** How often each scenario is tried. */
export const TRIAL_COUNTS: Readonly<Record<ScenarioName, { readonly full: number; readonly quick: number }>> =
  {
    "pause-inside-turn": { full: 50, quick: 2 },
    "smooth-turn-end": { full: 50, quick: 2 },
    interruption: { full: 52, quick: 4 },
    backchannel: { full: 50, quick: 2 },
    "talking-to-other": { full: 50, quick: 2 },
    "background-speech": { full: 50, quick: 1 },
    noise: { full: 24, quick: 1 },
    "self-echo": { full: 36, quick: 1 },
    "double-interruption": { full: 20, quick: 1 },
    "noise-then-query": { full: 20, quick: 1 },
    "last-thing-said": { full: 20, quick: 1 },
  };

/** After so many trials all variants come again, but with other questions. */
const VARIANT_PERIOD = 12;

/** What a trial's script is made from. */
interface Draft {
  readonly index: number;
  readonly random: Random;
  readonly user: Voice;
  /** Somebody else. */
  readonly other: Voice;
  readonly phrases: Phrasebook;
}

type Script = Omit<Trial, "scenario" | "index">;

const SCRIPTS: Readonly<Record<ScenarioName, (draft: Draft) => Script>> = {
  "pause-inside-turn": pauseInsideTurn,
  "smooth-turn-end": ({ index, user, phrases }) => ({
    variant: "question",
    steps: [say("query", user, pick(phrases.longTurns, index)), ...hearAnswer()],
  }),
  interruption,
  backchannel: (draft) => ({
    variant: pick(draft.phrases.backchannels, draft.index),
    steps: [
      ...overlap(draft),
      say("backchannel", draft.user, pick(draft.phrases.backchannels, draft.index)),
      aftermath(),
    ],
  }),
  "talking-to-other": (draft) => aside(draft, draft.user, "turned-away", draft.phrases.sideTalk),
  "background-speech": (draft) => aside(draft, draft.other, "background", draft.phrases.background),
  noise,
  "self-echo": selfEcho,
  "double-interruption": doubleInterruption,
  "noise-then-query": noiseThenQuery,
  "last-thing-said": (draft) => ({
    variant: "recall",
    steps: [
      ...overlap(draft),
      say("stop", draft.user, pick(draft.phrases.interruptions.stop, draft.index)),
      listen(1500),
      say("query", draft.user, RECALL_QUESTION),
      ...hearAnswer(),
      { do: "await-end", patienceMs: 8000 },
    ],
  }),
};

/** A trial of a scenario, the same one at every call; another attempt is the same variant with other words. */
export function planTrial(
  scenario: ScenarioName,
  index: number,
  attempt = 0,
  phrases: Phrasebook = PHRASEBOOKS.known,
): Trial {
  const random = seededRandom(seedOf(`${scenario} ${index} ${attempt}`));
  const voice = Math.floor(random() * VOICES.length);
  const phrase = index + attempt * VARIANT_PERIOD;
  const speakers = { user: pick(VOICES, voice), other: pick(VOICES, voice + 2) };
  const draft = { index: phrase, random, ...speakers, phrases };
  const script = SCRIPTS[scenario](draft);
  return { scenario, index, ...script, steps: [listen(400), ...script.steps] };
}

function pauseInsideTurn({ index, random, user, phrases }: Draft): Script {
  const [begin, rest] = pick(phrases.brokenTurns, index);
  const pauseMs = Math.round((400 + 600 * random()) / 20) * 20;
  return {
    variant: `${pauseMs} ms`,
    steps: [say("incomplete", user, begin), listen(pauseMs), say("query", user, rest), ...hearAnswer()],
  };
}

function interruption(draft: Draft): Script {
  const variants = ["topic-change", "correction", "stop", "follow-up"] as const;
  const variant = pick(variants, draft.index);
  const text = pick(draft.phrases.interruptions[variant], Math.floor(draft.index / variants.length));
  if (variant === "stop") {
    return { variant, steps: [...overlap(draft), say("stop", draft.user, text), aftermath()] };
  }
  return { variant, steps: [...overlap(draft), say("query", draft.user, text), ...hearAnswer()] };
}

/** Every fourth is said into silence, after an answer to which the user has been listening. */
function aside(draft: Draft, voice: Voice, place: Place, texts: readonly string[]): Script {
  const source = { voice, text: pick(texts, draft.index), place };
  const silent = draft.index % 4 === 3;
  return {
    variant: silent ? "in silence" : "over an answer",
    steps: [
      ...(silent ? quiet(draft) : overlap(draft)),
      { do: "say", kind: "side-talk", source },
      aftermath(),
    ],
  };
}

function noise(draft: Draft): Script {
  const snrDb = pick([20, 10, 0], draft.index);
  const silent = draft.index % 4 === 3;
  return {
    variant: `${snrDb} dB, ${silent ? "in silence" : "over an answer"}`,
    steps: [...(silent ? quiet(draft) : overlap(draft)), burst(draft, snrDb), aftermath()],
  };
}

/** Most of them at the level that a share is asked for. */
const ECHOES = [
  { gainDb: -30, talksOver: false },
  { gainDb: -30, talksOver: true },
  { gainDb: -30, talksOver: false },
  { gainDb: -20, talksOver: false },
  { gainDb: -30, talksOver: false },
  { gainDb: -20, talksOver: true },
  { gainDb: -30, talksOver: false },
  { gainDb: -30, talksOver: false },
  { gainDb: -40, talksOver: false },
  { gainDb: -30, talksOver: false },
  { gainDb: -40, talksOver: true },
  { gainDb: -30, talksOver: false },
] as const;

function selfEcho(draft: Draft): Script {
  const { gainDb, talksOver } = pick(ECHOES, draft.index);
  const delayMs = Math.round(50 + 150 * draft.random());
  const { steps } = interruption({ ...draft, index: 0 });
  return {
    variant: `${gainDb} dB, ${talksOver ? "talked over" : "alone"}`,
    echo: { gainDb, delayMs },
    steps: talksOver ? steps : [...ask(draft), { do: "await-end", patienceMs: 10_000 }, listen(1500)],
  };
}

function doubleInterruption(draft: Draft): Script {
  const { user, index, phrases } = draft;
  return {
    variant: "within 3 s",
    steps: [
      ...overlap(draft),
      say("query", user, pick(phrases.interruptions["follow-up"], index)),
      { do: "await-answer", patienceMs: 1200, essential: false },
      listen(300),
      say("query", user, pick(phrases.interruptions["topic-change"], index)),
      ...hearAnswer(),
    ],
  };
}

function noiseThenQuery(draft: Draft): Script {
  return {
    variant: "10 dB",
    steps: [
      ...overlap(draft),
      burst(draft, 10),
      listen(1200),
      say("query", draft.user, pick(draft.phrases.interruptions["topic-change"], draft.index)),
      ...hearAnswer(),
    ],
  };
}

/** Asks for a long answer and waits until it is to be heard. */
function ask({ index, user, phrases }: Draft): Step[] {
  return [
    say("query", user, pick(phrases.longQuestions, index)),
    { do: "await-answer", patienceMs: SETUP_PATIENCE_MS, essential: true },
  ];
}

/** Brings an answer about and waits for the moment to talk over it. */
function overlap(draft: Draft): Step[] {
  const { earliest, latest } = OVERLAP_MS;
  return [...ask(draft), listen(Math.round(earliest + (latest - earliest) * draft.random()))];
}

/** Lets a short question be answered to its end, so that the assistant knows how loud its user is. */
function quiet({ user, index }: Draft): Step[] {
  return [
    say("query", user, pick(["What is the capital of France?", "What do bees make?"], index)),
    { do: "await-answer", patienceMs: SETUP_PATIENCE_MS, essential: true },
    { do: "await-end", patienceMs: SETUP_PATIENCE_MS },
    listen(700),
  ];
}

function hearAnswer(): Step[] {
  return [{ do: "await-answer", patienceMs: RESPONSE_WINDOW_MS, essential: false }, listen(TAKEOVER_MS)];
}

function burst({ index, random }: Draft, snrDb: number): Step {
  const durationMs = Math.round(1000 + 1000 * random());
  const colour = pick(NOISE_COLOURS, Math.floor(random() * NOISE_COLOURS.length));
  const source = { noise: colour, durationMs, snrDb, seed: seedOf(`noise ${index}`) };
  return { do: "say", kind: "noise", source };
}

function say(kind: SegmentKind, voice: Voice, text: string): Step {
  const source: Source = { voice, text, place: "near" };
  return { do: "say", kind, source };
}

function listen(durationMs: number): Step {
  return { do: "listen", durationMs };
}

function aftermath(): Step {
  return listen(AFTERMATH_MS);
}

function pick<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}
