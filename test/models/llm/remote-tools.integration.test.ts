import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";

import { RemoteToolCalls } from "../../../models/llm/remote-tools.ts";
import type { ChatMessage, GenerateRequest, GenerationEvent } from "../../../streaming/index.ts";
import {
  answer,
  delta,
  DONE,
  idle,
  model,
  refuse,
  request,
  serve,
  stopServer,
  stream,
} from "./chat-server.ts";

afterEach(stopServer);

const tools = [
  { name: "get_weather", description: "Tells the weather.", parameters: { type: "object", properties: {} } },
];

const pieces = (calls: unknown, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: calls }, finish_reason: finish }] })}\n\n`;

async function ask(url: string, changes: Partial<GenerateRequest> = {}): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  for await (const event of model(url).generate({ ...request, tools, ...changes }, { signal: idle }))
    events.push(event);
  return events;
}

const callsIn = (events: readonly GenerationEvent[]) =>
  events.flatMap((event) => (event.type === "tool-call" ? [event.call] : []));

describe("an OpenAI-compatible server with tools", () => {
  it("is told of them, of the choice, and of earlier calls and their results", async () => {
    const { url, bodies } = await serve(answer);
    const messages: readonly ChatMessage[] = [
      { role: "user", content: "Rain?" },
      { role: "assistant", content: "", toolCalls: [{ id: "a", name: "get_weather", arguments: "{}" }] },
      { role: "tool", content: "sunny", toolCallId: "a" },
    ];
    await ask(url, { messages, toolChoice: { name: "get_weather" } });
    const [{ name, description, parameters }] = tools as [(typeof tools)[0]];
    expect(bodies[0]).toMatchObject({
      messages: [
        { role: "user", content: "Rain?" },
        {
          role: "assistant",
          content: "",
          tool_calls: [{ id: "a", type: "function", function: { name: "get_weather", arguments: "{}" } }],
        },
        { role: "tool", content: "sunny", tool_call_id: "a" },
      ],
      tools: [{ type: "function", function: { name, description, parameters } }],
      tool_choice: { type: "function", function: { name: "get_weather" } },
    });
  });

  it("is told of none where none may be called: some servers refuse an empty list", async () => {
    const { url, bodies } = await serve(answer);
    await ask(url, { toolChoice: "none" });
    await ask(url, { tools: [] });
    for (const body of bodies) {
      expect(body).not.toHaveProperty("tools");
      expect(body).not.toHaveProperty("tool_choice");
    }
  });

  it.each([400, 500])(
    "is asked without them once it has refused them with %d, and from then on",
    async (status) => {
      const { url, bodies } = await serve(refuse(status), answer);
      const asked = model(url);
      for (let turn = 0; turn < 2; turn++) {
        const events: GenerationEvent[] = [];
        for await (const event of asked.generate({ ...request, tools }, { signal: idle })) events.push(event);
        expect(events.at(-1)).toMatchObject({ type: "generation-end" });
      }
      expect(bodies.map((body) => Object.hasOwn(body as object, "tools"))).toEqual([true, false, false]);
    },
  );

  it("may call several at once, in pieces that come mixed, after some words", async () => {
    const { url } = await serve(
      stream(
        delta("Let me see."),
        pieces([{ index: 0, id: "a", type: "function", function: { name: "get_weather", arguments: "" } }]),
        pieces([{ index: 0, function: { arguments: '{"city"' } }]),
        pieces([{ index: 1, id: "b", function: { name: "get_weather", arguments: '{"city":"Rome"' } }]),
        pieces([
          { index: 0, function: { arguments: ':"Paris"}' } },
          { index: 1, function: { arguments: "}" } },
        ]),
        delta("", "tool_calls"),
        DONE,
      ),
    );
    const events = await ask(url);
    expect(callsIn(events)).toEqual([
      { id: "a", name: "get_weather", arguments: '{"city":"Paris"}' },
      { id: "b", name: "get_weather", arguments: '{"city":"Rome"}' },
    ]);
    expect(events[0]).toEqual({ type: "text-delta", text: "Let me see." });
    expect(events.at(-1)).toMatchObject({ type: "generation-end", reason: "tool-calls" });
  });

  it("may send whole calls without an index or an id, arguments as an object, or none at all", async () => {
    const { url } = await serve(
      stream(
        pieces([{ function: { name: "one", arguments: { a: 1 } } }, { function: { name: "two" } }], "stop"),
        DONE,
      ),
    );
    expect(callsIn(await ask(url))).toEqual([
      { id: "0", name: "one", arguments: '{"a":1}' },
      { id: "1", name: "two", arguments: "{}" },
    ]);
  });

  it("has its bad JSON passed on as it is: whoever runs the call tells it", async () => {
    const { url } = await serve(
      stream(pieces([{ index: 0, id: "a", function: { name: "one", arguments: "{oops" } }], "tool_calls")),
    );
    expect(callsIn(await ask(url))).toEqual([{ id: "a", name: "one", arguments: "{oops" }]);
  });

  it("has no call run that was cut off by the length of the answer", async () => {
    const { url } = await serve(
      stream(pieces([{ index: 0, id: "a", function: { name: "one", arguments: '{"a":' } }], "length")),
    );
    const events = await ask(url);
    expect(callsIn(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ reason: "length" });
  });

  it("fails where its arguments never end, instead of filling the memory", async () => {
    const piece = pieces([{ index: 0, id: "a", function: { name: "one", arguments: "x".repeat(60_000) } }]);
    const { url } = await serve(stream(piece, piece, DONE));
    await expect(ask(url)).rejects.toMatchObject({ code: "llm-unavailable" });
  });

  it("cannot break anything by what it sends as calls", () => {
    fc.assert(
      fc.property(fc.array(fc.anything()), (sent) => {
        const calls = new RemoteToolCalls();
        for (const piece of sent) calls.push(piece);
        calls.push(sent);
        for (const { id, name, arguments: json } of calls.end())
          expect([id, name, json].every((text) => typeof text === "string" && text !== "")).toBe(true);
      }),
    );
  });
});
