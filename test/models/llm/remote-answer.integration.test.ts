import { afterEach, describe, expect, it } from "vitest";

import { RemoteAnswer } from "../../../models/llm/remote-answer.ts";
import type { GenerationEvent } from "../../../streaming/index.ts";
import {
  delta,
  DONE,
  generate,
  idle,
  model,
  request,
  serve,
  stopServer,
  stream,
  textOf,
} from "./chat-server.ts";
import type { Reply } from "./chat-server.ts";

afterEach(stopServer);

/** Goes on for ever, and says whether it was left. */
function endless(piece: string): { reply: Reply; left: Promise<void> } {
  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const reply: Reply = (response) => {
    const timer = setInterval(() => response.write(piece), 1);
    response.on("close", () => {
      clearInterval(timer);
      leave();
    });
  };
  return { reply, left };
}

describe("an answer from a server that is not to be relied on", () => {
  it("ends at a control token in its text, which is not said, and the request with it", async () => {
    const { reply, left } = endless(delta("<|im_end|>\n<|im_start|>user\nMore?"));
    const { url } = await serve(async (response, message) => {
      response.write(delta("It is Paris."));
      await reply(response, message);
    });
    const events = await generate(url);
    expect(textOf(events)).toBe("It is Paris.");
    expect(events.at(-1)).toMatchObject({ type: "generation-end", reason: "stop" });
    await left;
  });

  it("ends though the server knows no limit of its own, as one that had no more room", async () => {
    const { reply, left } = endless(delta("and so on and on ".repeat(4)));
    const { url } = await serve(reply);
    const events = await generate(url);
    expect(textOf(events).length).toBe(request.maxTokens * 8);
    expect(events.at(-1)).toMatchObject({ type: "generation-end", reason: "length" });
    await left;
  });

  it("ends before a stop string that the server does not know, also where pieces cut it", async () => {
    const { url } = await serve(stream(delta("One. U"), delta("ser"), delta(": two"), DONE));
    const events: GenerationEvent[] = [];
    const asked = { ...request, stop: ["User:"] };
    for await (const event of model(url).generate(asked, { signal: idle })) events.push(event);
    expect(textOf(events)).toBe("One. ");
    expect(events.at(-1)).toMatchObject({ reason: "stop" });
  });

  it("loses nothing that was only held back", async () => {
    const { url } = await serve(stream(delta("1 <"), delta("", "stop"), DONE));
    expect(textOf(await generate(url))).toBe("1 <");
  });

  it("is over with its reason, though the connection stays open", async () => {
    const { url } = await serve((response) => {
      response.write(delta("Paris.", "stop"));
    });
    expect(textOf(await generate(url, { tokenTimeoutMs: 300 }))).toBe("Paris.");
  });

  it("is given up where it only pretends to go on", async () => {
    const { reply, left } = endless(delta(""));
    const { url } = await serve(reply);
    const failing = generate(url, { firstTokenTimeoutMs: 100 });
    await expect(failing).rejects.toMatchObject({ code: "llm-timeout" });
    await left;
  });

  it("is not given up because its reader takes its time", async () => {
    const { url } = await serve(stream(delta("One "), delta("two."), DONE));
    let text = "";
    const patient = model(url, { tokenTimeoutMs: 100 });
    for await (const event of patient.generate(request, { signal: idle })) {
      if (event.type === "text-delta") text += event.text;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    expect(text).toBe("One two.");
  });
});

describe("the longest answer", () => {
  it("is never cut inside a character", () => {
    const answer = new RemoteAnswer({ stop: [], maxTokens: 1 });
    expect(answer.push("1234567😀!")).toEqual({ text: "1234567", reason: "length" });
  });
});
