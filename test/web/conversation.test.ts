import fc from "fast-check";
import { expect, test } from "vitest";

import type { ServerMessage } from "../../src/server/protocol.ts";
import { advance } from "../../web/client/conversation.ts";
import { type ConversationState, NO_CONVERSATION } from "../../web/client/conversation-state.ts";

const timings = { revisions: 0, discarded: 0, discardedMs: 0 };
const ready: ServerMessage = {
  type: "ready",
  version: 1,
  session: "abc",
  resumed: false,
  output: { format: "pcm16", sampleRate: 24_000 },
  limits: { maxPayloadBytes: 1, maxTextLength: 1, idleTimeoutMs: 1, leadMs: 1 },
};

function follow(messages: readonly ServerMessage[], state = NO_CONVERSATION): ConversationState {
  return messages.reduce(
    (before, message, index) => advance(before, { type: "message", message, atMs: index * 100 }),
    state,
  );
}

const question: readonly ServerMessage[] = [
  ready,
  { type: "speech-start", turn: 1, atMs: 0 },
  { type: "transcript-delta", turn: 1, text: "what is", stableLength: 4 },
  { type: "decision", turn: 1, kind: "query", probability: 0.9, reason: "words", atMs: 0 },
  { type: "speech-end", turn: 1, atMs: 0 },
  { type: "transcript-end", turn: 1, text: "What is it?" },
  { type: "answer-start", turn: 1, seat: 0 },
  { type: "answer-delta", turn: 1, text: "It is a  kettle. " },
  { type: "answer-delta", turn: 1, text: "It boils." },
];

test("a turn shows what was said, how sure that is, and the answer as it grows", () => {
  expect(follow(question.slice(0, 3)).turns[0]).toMatchObject({
    text: "what is",
    stableLength: 4,
    isFinal: false,
  });
  const state = follow(question);
  expect(state.turns).toHaveLength(1);
  expect(state.turns[0]).toMatchObject({ text: "What is it?", isFinal: true, decision: "query" });
  expect(state.turns[0]?.answer?.text).toBe("It is a  kettle. It boils.");
  expect(state).toMatchObject({ answering: 1, isUserSpeaking: false });
});

test("a turn shows what was called for its answer, and what came of it", () => {
  const called = (id: string, name: string): ServerMessage => {
    return { type: "tool-call", turn: 1, call: { id, name, arguments: "{}" } };
  };
  const done: ServerMessage = {
    type: "tool-result",
    turn: 1,
    callId: "a",
    outcome: "done",
    text: "It is five.",
  };
  const state = follow([...question, called("a", "get_time"), called("b", "look_closer"), done]);
  expect(state.turns[0]?.tools).toEqual([
    { id: "a", name: "get_time", outcome: "done" },
    { id: "b", name: "look_closer", outcome: undefined },
  ]);
  const many = Array.from({ length: 1000 }, (_, index) => called(String(index), "x"));
  expect(follow(many).turns[0]?.tools?.length).toBeLessThan(100);
});

test("of an interrupted answer the words that nobody heard are told apart, whatever the spaces", () => {
  const end: ServerMessage = {
    type: "answer-end",
    turn: 1,
    outcome: "interrupted",
    text: "It is a kettle.",
    timings,
  };
  const state = follow([...question, end]);
  expect(state.turns[0]?.answer).toMatchObject({ text: "It is a kettle.", unheard: " It boils." });
  expect(state.answering).toBeUndefined();
  expect(state.timeline.marks.map(({ kind }) => kind)).toEqual(["query", "stopped"]);
});

test("a decision is marked once, however often it is repeated, and again where it changes", () => {
  const decisions = (["backchannel", "backchannel", "query", "query"] as const).map(
    (kind): ServerMessage => ({ type: "decision", turn: 2, kind, probability: 1, reason: "", atMs: 0 }),
  );
  const { timeline, turns } = follow([...question, ...decisions]);
  expect(timeline.marks.map(({ kind }) => kind)).toEqual(["query", "backchannel", "query"]);
  expect(turns.at(-1)?.decision).toBe("query");
});

test("an answer on the other seat is marked as a swap", () => {
  const state = follow([...question, { type: "answer-start", turn: 2, seat: 1 }]);
  expect(state.timeline.marks.at(-1)).toMatchObject({ kind: "swap", lane: "assistant" });
});

test("a new conversation's first turn does not overwrite the old one's, a resumed one goes on", () => {
  const again = follow([ready, { type: "transcript-end", turn: 1, text: "Anew" }], follow(question));
  expect(again.turns.map(({ text }) => text)).toEqual(["What is it?", "Anew"]);
  expect(again.resumed).toBe(false);
  // Nobody needs to be told for ever.
  expect(follow([{ type: "answer-start", turn: 1, seat: 0 }], again).resumed).toBeUndefined();
  expect(again.limits?.maxTextLength).toBe(1);
  const resumed = follow(
    [
      { ...ready, resumed: true },
      { type: "transcript-end", turn: 1, text: "Same" },
    ],
    follow(question),
  );
  expect(resumed.turns.map(({ text }) => text)).toEqual(["Same"]);
});

test("a connection that breaks ends what was being said and answered", () => {
  const state = advance(follow(question), { type: "link", link: "waiting", atMs: 5000 });
  expect(state).toMatchObject({
    link: "waiting",
    answering: undefined,
    isUserSpeaking: false,
    session: "abc",
  });
  expect(state.turns[0]?.answer?.outcome).toBe("interrupted");
  expect(state.timeline.spans.every(({ toMs }) => toMs !== undefined)).toBe(true);
});

test("words that nothing came of before the line broke are not thought about for ever", () => {
  expect(follow(question.slice(0, 5)).awaited).toBeUndefined();
  const understood = follow(question.slice(0, 6));
  expect(understood.awaited).toBe(1);
  expect(follow(question).awaited).toBeUndefined();
  expect(follow([{ type: "turn-dropped", turn: 1 }], understood).awaited).toBeUndefined();
  const broken = advance(understood, { type: "link", link: "waiting", atMs: 5000 });
  expect(follow([{ ...ready, resumed: true }], broken).awaited).toBeUndefined();
});

test("who hangs up and comes back begins a conversation of which nobody says that it was lost", () => {
  const over = advance(follow(question), { type: "link", link: "closed", atMs: 5000 });
  expect(over.session).toBeUndefined();
  const again = follow([ready, { type: "answer-start", turn: 1, seat: 1 }], over);
  expect(again.resumed).toBeUndefined();
  expect(again.turns).toHaveLength(2);
  // Its seats are its own.
  expect(again.timeline.marks.map(({ kind }) => kind)).not.toContain("swap");
});

test("an error is shown until an answer shows that it is over", () => {
  const error: ServerMessage = { type: "error", code: "text-empty", message: "nothing", fatal: false };
  const state = follow([...question, error]);
  expect(state.problem?.code).toBe("text-empty");
  expect(follow([{ type: "answer-start", turn: 2, seat: 1 }], state).problem).toBeUndefined();
});

test("what was not understood once is not the reason for a break after the server was ready again", () => {
  const odd = advance(follow(question), { type: "ignored" });
  expect(odd.ignored).toBe(1);
  expect(follow([{ ...ready, resumed: true }], odd).ignored).toBe(0);
});

test("nonsense is told until a whole answer has been understood, however much of it there is", () => {
  const start: ServerMessage = { type: "answer-start", turn: 1, seat: 0 };
  const end: ServerMessage = { type: "answer-end", turn: 1, outcome: "completed", text: "", timings };
  const odd = advance(advance(follow(question), { type: "ignored" }), { type: "ignored" });
  expect(odd).toMatchObject({ nonsense: "fresh", ignored: 2 });
  expect(follow([start, end], odd)).toMatchObject({ nonsense: "none", ignored: 2 });
  const within = follow([end], advance(follow([start], odd), { type: "ignored" }));
  expect(within.nonsense).toBe("fresh");
  expect(follow([start, end], within).nonsense).toBe("none");
  expect(follow([ready], within).nonsense).toBe("none");
});

test("a new conversation knows nothing of the old one, nor resumes it", () => {
  const state = advance(follow(question), { type: "forget" });
  expect(state).toMatchObject({ turns: [], session: undefined, resumed: undefined });
});

test("any messages in any order give a state that can be drawn", () => {
  const turn = fc.integer({ min: 1, max: 4 });
  const text = fc.string({ maxLength: 12 });
  const message: fc.Arbitrary<ServerMessage> = fc.oneof(
    fc.constant(ready),
    fc.record({
      type: fc.constantFrom("speech-start" as const, "speech-end" as const),
      turn,
      atMs: fc.nat(),
    }),
    fc.record({ type: fc.constant("transcript-delta" as const), turn, text, stableLength: fc.nat(20) }),
    fc.record({ type: fc.constant("transcript-end" as const), turn, text }),
    fc.record({ type: fc.constant("turn-dropped" as const), turn }),
    fc.record({
      type: fc.constant("answer-start" as const),
      turn,
      seat: fc.constantFrom(0 as const, 1 as const),
    }),
    fc.record({ type: fc.constant("answer-delta" as const), turn, text }),
    fc.record({
      type: fc.constant("answer-end" as const),
      turn,
      outcome: fc.constantFrom("completed" as const, "interrupted" as const, "failed" as const),
      text,
      timings: fc.constant(timings),
    }),
  );
  fc.assert(
    fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
      const state = follow(messages);
      expect(new Set(state.turns.map(({ key }) => key)).size).toBe(state.turns.length);
      const open = state.timeline.spans.filter(({ toMs }) => toMs === undefined);
      expect(new Set(open.map(({ lane }) => lane)).size).toBe(open.length);
      if (state.answering !== undefined)
        expect(state.turns.some(({ turn: known }) => known === state.answering)).toBe(true);
    }),
  );
});

test("an answer keeps how far the server was when it ended, not how far it is since", () => {
  const end: ServerMessage = {
    type: "answer-end",
    turn: 1,
    outcome: "completed",
    text: "A kettle.",
    timings,
  };
  const near = advance(follow(question), { type: "round-trip", ms: 8 });
  const ended = advance(near, { type: "message", message: end, atMs: 900 });
  const later = advance(ended, { type: "round-trip", ms: 80 });
  expect(later.turns[0]?.answer?.networkMs).toBe(8);
});

test("what a picture shows is known until another one does, and not over another connection", () => {
  const view = {
    type: "view",
    pictureMs: 20,
    labels: [{ name: "cup", probability: 0.8 }],
    people: 0,
  } as const;
  const seeing = follow([ready, { ...view, isSure: true }]);
  expect(seeing.view).toMatchObject({ pictureMs: 20, isSure: true });
  expect(follow([{ ...view, pictureMs: 40, isSure: false }], seeing).view?.pictureMs).toBe(40);
  expect(follow([{ ...ready, resumed: true }], seeing).view).toBeUndefined();
});

test("of an answer that was stopped in writing nothing is struck out, not even a space", () => {
  const end = {
    type: "answer-end",
    turn: 1,
    outcome: "interrupted",
    text: "It is a  kettle.",
    timings,
  } as const;
  expect(follow([...question.slice(0, -1), end]).turns[0]?.answer).toMatchObject({
    text: "It is a  kettle.",
    unheard: "",
  });
});
