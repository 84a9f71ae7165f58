import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { VoiceServer } from "../../src/server/app.ts";
import type { ChatMessage } from "../../streaming/index.ts";
import { startOpenAiServer } from "../support/openai-http-server.ts";
import { ASIDE, RealtimeClient, responseOf } from "../support/realtime-client.ts";

let server: VoiceServer;
let models: Awaited<ReturnType<typeof startOpenAiServer>>["models"];

beforeEach(async () => {
  ({ server, models } = await startOpenAiServer());
});
afterEach(async () => {
  await server.close();
});

describe("a response outside of the conversation", () => {
  const picture = (grey: number) => {
    const url = `data:image/png;base64,${Buffer.alloc(12, grey).toString("base64")}`;
    return { type: "input_image", image_url: url };
  };

  test("is about pictures that it is given, each with its own words, and no camera of the conversation", async () => {
    const client = await RealtimeClient.connect(server.url);
    const input = [
      { type: "message", role: "user", content: [picture(40)] },
      { type: "message", role: "user", content: [{ type: "input_text", text: "And this?" }, picture(90)] },
    ];
    client.send("response.create", { response: { ...ASIDE, input, instructions: "Be odd." } });
    expect(responseOf(await client.next("response.done"))).toMatchObject({ status: "completed" });
    const [system, first, second] = models.languageModel.generations.at(-1)?.messages ?? [];
    expect(system?.content).toContain("[camera:");
    const greys = (message: ChatMessage | undefined) =>
      typeof message?.content === "string"
        ? []
        : message?.content.map((part) => (part.type === "frame" ? part.jpeg?.[0] : part.text));
    expect(greys(first)).toEqual([40]);
    expect(greys(second)).toEqual([90, "And this?"]);
    const [asked] = input;
    const instructions = "What colour is it? Answer with one word.";
    client.send("response.create", { response: { ...ASIDE, input: [asked], instructions } });
    await client.nth("response.done", 1);
    const [, only] = models.languageModel.generations.at(-1)?.messages ?? [];
    expect(greys(only)).toEqual([40, "[by its pixels, what is in the middle is black]"]);
    client.write("And what do you see now?");
    client.send("response.create", { response: { output_modalities: ["text"] } });
    await client.nth("response.done", 2);
    const told = models.languageModel.generations.at(-1)?.messages.map(greys).flat();
    expect(told).not.toContain(90);
  });

  test("fails where a picture that it is given cannot be read, and is refused with too many", async () => {
    const client = await RealtimeClient.connect(server.url);
    const input = (...content: unknown[]) => [{ type: "message", role: "user", content }];
    client.send("response.create", { response: { ...ASIDE, input: input(picture(255)) } });
    expect(responseOf(await client.next("response.done"))).toMatchObject({
      status: "failed",
      status_details: { error: { code: "picture_unreadable" } },
    });
    const many = Array.from({ length: 5 }, () => picture(40));
    client.send("response.create", { response: { ...ASIDE, input: input(...many) } });
    expect((await client.next("error"))["error"]).toMatchObject({ code: "invalid_value" });
    const shown = { type: "message", role: "assistant", content: [picture(40)] };
    client.send("response.create", { response: { ...ASIDE, input: [shown] } });
    expect((await client.nth("error", 1))["error"]).toMatchObject({ message: "Only users show pictures." });
  });

  test("gives up looking where its client cancels it or leaves, and others are looked at", async () => {
    const { sight } = models.sight;
    const look = sight.look.bind(sight);
    sight.look = async (_request, { signal }) =>
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
      });
    const input = [{ type: "message", role: "user", content: [picture(40)] }];
    const [leaving, staying] = [
      await RealtimeClient.connect(server.url),
      await RealtimeClient.connect(server.url),
    ];
    leaving.send("response.create", { response: { ...ASIDE, input } });
    await leaving.next("response.created");
    staying.send("response.create", { response: { ...ASIDE, input } });
    const { id } = responseOf(await staying.next("response.created")) as unknown as { id: string };
    leaving.socket.close();
    staying.send("response.cancel", { response_id: id });
    expect(responseOf(await staying.next("response.done"))).toMatchObject({ status: "cancelled" });
    sight.look = look;
    staying.send("response.create", { response: { ...ASIDE, input } });
    expect(responseOf(await staying.nth("response.done", 1))).toMatchObject({ status: "completed" });
  });
});
