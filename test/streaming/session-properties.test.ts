import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { FAKE_VOICE, FakeLanguageModel } from "../../models/fakes/index.ts";
import type { LanguageModel, SessionEvent, SessionInput } from "../../streaming/index.ts";
import { textOf } from "../../streaming/index.ts";
import { AGREE, ANSWERS, FakeConversation, FRANCE, settle, STOP } from "../support/fake-conversation.ts";

const LONG_ANSWER = "One two three four five six seven eight nine ten, and so on, and so on.";

/** How far what is kept of an answer may be ahead of what was heard: a word, or 200 ms. */
const TOLERANCE_MS = 200;

/** A fake language model that is written on by at most one at a time, or remembers otherwise. */
class CountingModel implements LanguageModel {
  readonly model = new FakeLanguageModel((question) => ANSWERS[question] ?? LONG_ANSWER);
  readonly #running = new Set<AbortSignal>();
  mostAtOnce = 0;

  async *generate(...[request, options]: Parameters<LanguageModel["generate"]>) {
    this.#running.add(options.signal);
    const alive = [...this.#running].filter(({ aborted }) => !aborted).length;
    this.mostAtOnce = Math.max(this.mostAtOnce, alive);
    try {
      yield* this.model.generate(request, options);
    } finally {
      this.#running.delete(options.signal);
    }
  }

  async prefill(...call: Parameters<LanguageModel["prefill"]>): Promise<void> {
    await this.model.prefill(...call);
  }

  async releaseSeat(seat: string): Promise<void> {
    await this.model.releaseSeat(seat);
  }
}

type Step =
  | { readonly type: "say"; readonly frequency: number; readonly ms: number }
  | { readonly type: "silence"; readonly ms: number }
  /** Sound that comes 20 times faster than it plays. */
  | { readonly type: "flood"; readonly frequency: number; readonly ms: number }
  /** The machine slept. */
  | { readonly type: "jump"; readonly ms: number }
  /** The way to the user breaks, and is there again. */
  | { readonly type: "return" }
  | { readonly type: "input"; readonly input: SessionInput };

const playback = fc
  .record({
    turn: fc.integer({ min: -2, max: 8 }),
    playedMs: fc.oneof(fc.integer({ min: -5000, max: 20_000 }), fc.double(), fc.constant(Number.NaN)),
  })
  .map((report): SessionInput => ({ type: "playback", ...report }));

const otherInput = fc.constantFrom<SessionInput>(
  { type: "interrupt" },
  { type: "text", text: "Tell me all." },
  { type: "text", text: "And of Italy?" },
  { type: "disconnected" },
);

const frequency = fc.constantFrom(FRANCE, STOP, AGREE);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("say" as const), frequency, ms: fc.nat(900) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("silence" as const), ms: fc.nat(1500) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("flood" as const), frequency, ms: fc.nat(12_000) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("jump" as const), ms: fc.nat(100_000) }) },
  { weight: 1, arbitrary: fc.constant({ type: "return" as const }) },
  { weight: 4, arbitrary: playback.map((input) => ({ type: "input" as const, input })) },
  { weight: 3, arbitrary: otherInput.map((input) => ({ type: "input" as const, input })) },
);

async function take(conversation: FakeConversation, step: Step): Promise<void> {
  if (step.type === "say") await conversation.say(step.frequency, step.ms);
  if (step.type === "silence") await conversation.silence(step.ms);
  if (step.type === "flood") await conversation.flood(step.frequency, step.ms);
  if (step.type === "jump") conversation.clock.advance(step.ms);
  if (step.type === "return") comeBack(conversation);
  if (step.type === "input") conversation.session.push(step.input);
  await settle();
}

function comeBack({ session }: FakeConversation): void {
  session.push({ type: "disconnected" });
  session.push({ type: "reconnected" });
}

/** What anybody can check who reads the conversation's events. */
function checkEvents(events: readonly SessionEvent[]): void {
  let open: number | undefined;
  const over = new Set<number>();
  for (const event of events) {
    if (event.type === "answer-start") {
      expect(open).toBeUndefined();
      expect(over.has(event.turn)).toBe(false);
      open = event.turn;
    }
    if (event.type === "answer-audio" || event.type === "answer-delta") expect(event.turn).toBe(open);
    if (event.type === "answer-end") {
      expect(event.turn).toBe(open);
      over.add(event.turn);
      open = undefined;
    }
    expect(event.type).not.toBe("error");
  }
}

/** Every turn that began is over in the end: it was answered, or dropped in so many words. */
function checkEnds(events: readonly SessionEvent[]): void {
  for (const [index, event] of events.entries()) {
    if (event.type !== "speech-start") continue;
    const isEnd = (later: SessionEvent): boolean =>
      (later.type === "transcript-end" || later.type === "turn-dropped") && later.turn === event.turn;
    expect(events.slice(index).some(isEnd), `turn ${event.turn} ends`).toBe(true);
  }
}

/** Of each answer that was cut off, no more is kept than its sound can have said by then. */
function checkHistory({
  timed,
  languageModel,
}: {
  timed: readonly TimedEvent[];
  languageModel: CountingModel;
}) {
  const kept: string[] = [];
  for (const [index, { event, atMs }] of timed.entries()) {
    if (event.type !== "answer-end") continue;
    kept.push(event.text);
    if (event.outcome !== "interrupted") continue;
    const frames = timed
      .slice(0, index)
      .filter((earlier) => earlier.event.type === "answer-audio" && earlier.event.turn === event.turn);
    const possibleMs = Math.min(frames.length * 20, atMs - (frames[0]?.atMs ?? atMs));
    const words = event.text.split(" ").filter((word) => word !== "").length;
    expect(words * FAKE_VOICE.wordMs).toBeLessThanOrEqual(possibleMs + TOLERANCE_MS);
  }
  for (const { messages } of languageModel.model.generations) {
    for (const message of messages) if (message.role === "assistant") expect(kept).toContain(textOf(message));
  }
}

interface TimedEvent {
  readonly event: SessionEvent;
  readonly atMs: number;
}

describe("a conversation with anybody", () => {
  it("ends no turn twice, has one generator, keeps what was heard, and answers the next question", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 14 }), async (steps) => {
        const languageModel = new CountingModel();
        const conversation = new FakeConversation({ languageModel });
        try {
          for (const step of steps) await take(conversation, step);
          comeBack(conversation);
          await conversation.silence(3500);
          const before = conversation.of("answer-start").length;
          await conversation.say(STOP, 800);
          await conversation.silence(2500);
          const answered = conversation.of("answer-start").slice(before);
          expect(answered).not.toEqual([]);
          checkEvents(conversation.events);
          checkEnds(conversation.events);
          checkHistory({ timed: conversation.timed, languageModel });
          expect(languageModel.mostAtOnce).toBeLessThanOrEqual(1);
        } finally {
          await conversation.close();
        }
      }),
      { numRuns: 15 },
    );
  });
});

/** How long an answer was heard before the event at `end`: since its first sound, less what it was held for. */
function heardMs(timed: readonly TimedEvent[], end: number, turn: number): number {
  const before = timed.slice(0, end);
  const frames = before.filter(({ event }) => event.type === "answer-audio" && event.turn === turn);
  const atMs = timed[end]?.atMs ?? 0;
  let held = 0;
  let heldSince: number | undefined;
  for (const { event, atMs: then } of before) {
    if (event.type !== "floor" || event.turn !== turn) continue;
    if (heldSince !== undefined) held += then - heldSince;
    heldSince = event.level === "paused" ? then : undefined;
  }
  if (heldSince !== undefined) held += atMs - heldSince;
  return Math.min(frames.length * 20, atMs - (frames[0]?.atMs ?? atMs) - held);
}

describe("what was heard of an answer", () => {
  it("is kept, and not less than that, where the client tells nothing of its loudspeaker", async () => {
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ type: fc.constant("say" as const), frequency, ms: fc.nat(900) }),
      fc.record({ type: fc.constant("silence" as const), ms: fc.nat(2500) }),
      otherInput
        .filter(({ type }) => type !== "disconnected")
        .map((input) => ({ type: "input" as const, input })),
    );
    let cutOff = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const conversation = new FakeConversation({}, () => LONG_ANSWER);
        try {
          conversation.session.push({ type: "text", text: "Tell me all." });
          for (const one of steps) await take(conversation, one);
        } finally {
          await conversation.close();
        }
        for (const [index, { event }] of conversation.timed.entries()) {
          if (event.type !== "answer-end" || event.outcome !== "interrupted") continue;
          cutOff += 1;
          const words = event.text.split(" ").filter((word) => word !== "").length;
          const heard = heardMs(conversation.timed, index, event.turn);
          expect(words * FAKE_VOICE.wordMs).toBeGreaterThanOrEqual(heard - FAKE_VOICE.wordMs - TOLERANCE_MS);
        }
      }),
      { numRuns: 15 },
    );
    expect(cutOff).toBeGreaterThan(0);
  });
});

/** What is kept of an answer of which the client says again and again that it has played so much. */
async function keptWhenReported(playedMs: number | undefined): Promise<string> {
  const conversation = new FakeConversation({}, () => LONG_ANSWER);
  try {
    conversation.session.push({ type: "text", text: "Tell me all." });
    await conversation.silence(100);
    for (let passedMs = 0; passedMs < 1500; passedMs += 100) {
      await conversation.silence(100);
      if (playedMs !== undefined) conversation.session.push({ type: "playback", turn: 1, playedMs });
    }
    conversation.session.push({ type: "interrupt" });
    await settle();
    return conversation.of("answer-end").at(-1)?.text ?? "";
  } finally {
    await conversation.close();
  }
}

describe("what is kept of an answer that was cut off", () => {
  it.each([
    ["says nothing", undefined],
    ["claims to have played what was not even sent", 1e9],
    ["claims to have played less than nothing", -500],
    ["gives no number", Number.NaN],
  ])("is what real time allows, to the word, where the client %s", async (_, playedMs) => {
    expect(await keptWhenReported(playedMs)).toBe("One two three four five six seven eight");
  });

  it("is nothing where the client says that it has played nothing", async () => {
    expect(await keptWhenReported(0)).toBe("");
  });
});

describe("interrupting", () => {
  it("twice within three seconds stops both answers, and the third question has its answer to itself", async () => {
    const languageModel = new CountingModel();
    const conversation = new FakeConversation({ languageModel });
    try {
      conversation.session.push({ type: "text", text: "Tell me all." });
      await conversation.silence(600);
      await conversation.say(FRANCE);
      await conversation.silence(600);
      await conversation.say(STOP);
      await conversation.silence(1500);
      const ends = conversation.of("answer-end").map(({ turn, outcome }) => ({ turn, outcome }));
      expect(ends).toEqual([
        { turn: 1, outcome: "interrupted" },
        { turn: 2, outcome: "interrupted" },
        { turn: 3, outcome: "completed" },
      ]);
      expect(languageModel.mostAtOnce).toBe(1);
      checkEvents(conversation.events);
      checkHistory({ timed: conversation.timed, languageModel });
    } finally {
      await conversation.close();
    }
  });
});
