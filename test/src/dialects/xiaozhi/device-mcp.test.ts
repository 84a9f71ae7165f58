import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { DeviceMcp, type JsonRpcMessage } from "../../../../src/dialects/xiaozhi/device-mcp.ts";
import { DeviceTools } from "../../../../src/dialects/xiaozhi/device-tools.ts";

const { signal } = new AbortController();
const NOWHERE = {
  say: () => undefined,
  look: () => Promise.resolve("a cat 90 %"),
  readText: () => Promise.resolve(""),
};

describe("the tools of a board", () => {
  let sent: JsonRpcMessage[];
  let mcp: DeviceMcp;
  beforeEach(() => {
    sent = [];
    mcp = new DeviceMcp((message) => sent.push(message));
  });
  afterEach(() => {
    vi.useRealTimers();
    mcp.close();
  });

  const answerLast = (payload: object): void => {
    mcp.receive({ jsonrpc: "2.0", id: sent.at(-1)?.["id"], ...payload });
  };
  const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it("are asked for page by page, and one that makes no sense is left out", async () => {
    const listing = mcp.listTools({ signal });
    expect(sent.at(-1)).toMatchObject({ method: "tools/list", params: { cursor: "", withUserTools: false } });
    const light = { name: "self.light.on", description: "Light", inputSchema: { type: "object" } };
    answerLast({ result: { tools: [light, { name: 3 }, null], nextCursor: "self.b" } });
    await turnOfTheLoop();
    expect(sent.at(-1)).toMatchObject({ params: { cursor: "self.b" } });
    answerLast({ result: { tools: [{ name: "self.b" }], nextCursor: "" } });
    expect((await listing).map(({ name }) => name)).toEqual(["self.light.on", "self.b"]);
  });

  it("have an end, even if the board's pages have none", async () => {
    const listing = mcp.listTools({ signal });
    for (let page = 0; page < 40; page++) {
      const tools = Array.from({ length: 20 }, (_, index) => ({ name: `t${page}-${index}` }));
      answerLast({ result: { tools, nextCursor: `t${page}` } });
      await turnOfTheLoop();
    }
    expect(await listing).toHaveLength(64);
    expect(sent).toHaveLength(16);
  });

  it("tell what they did, or why not in the board's own words", async () => {
    const calling = mcp.call("self.light.on", { level: 3 }, { signal });
    expect(sent.at(-1)).toMatchObject({
      jsonrpc: "2.0",
      method: "tools/call",
      params: { name: "self.light.on", arguments: { level: 3 } },
    });
    expect(typeof sent.at(-1)?.["id"]).toBe("number");
    answerLast({ result: { content: [{ type: "text", text: "true" }], isError: false } });
    expect(await calling).toBe("true");
    const failing = mcp.call("x", {}, { signal });
    answerLast({ error: { message: "Unknown tool: x" } });
    await expect(failing).rejects.toThrow("Unknown tool: x");
    const wrong = mcp.call("x", {}, { signal });
    answerLast({ result: { content: [{ type: "text", text: "no bulb" }], isError: true } });
    await expect(wrong).rejects.toThrow("no bulb");
  });

  it("are not waited for longer than half a minute, nor when the board is gone or nobody asks any more", async () => {
    vi.useFakeTimers();
    const late = mcp.call("x", {}, { signal });
    const refused = expect(late).rejects.toMatchObject({ code: "connection-failed" });
    await vi.advanceTimersByTimeAsync(30_000);
    await refused;
    answerLast({ result: { content: [] } }); // too late, and of no consequence
    const controller = new AbortController();
    const unwanted = mcp.call("x", {}, controller);
    controller.abort(new Error("enough"));
    await expect(unwanted).rejects.toThrow("enough");
    const orphan = mcp.call("x", {}, { signal });
    mcp.close();
    await expect(orphan).rejects.toMatchObject({ code: "connection-failed" });
    await expect(mcp.call("x", {}, { signal })).rejects.toMatchObject({ code: "connection-failed" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("stand what a board says, whatever it is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), async (other, result) => {
        const calling = mcp.call("x", {}, { signal }).catch(() => "refused");
        mcp.receive(other);
        answerLast({ result });
        answerLast({ error: result });
        answerLast({ error: { message: "over" } });
        expect(typeof (await calling)).toBe("string");
      }),
    );
  });

  it("get names that language models can say; what cannot be undone needs a yes; a photo is looked at here", async () => {
    let pictures = 0;
    const facts: string[] = [];
    const memory = {
      remember: (fact: string) => {
        facts.push(fact);
        return Promise.resolve();
      },
      facts: () => Promise.resolve(facts),
    };
    const tools = new DeviceTools(mcp, memory, () => pictures);
    const noted = { id: "0", name: "remember", arguments: '{"fact":"I like tea"}' };
    await tools.call(noted, NOWHERE, { signal });
    expect(await tools.call({ ...noted, name: "recall", arguments: "{}" }, NOWHERE, { signal })).toEqual({
      type: "result",
      text: "I like tea",
    });
    await expect(tools.call({ ...noted, arguments: "{}" }, NOWHERE, { signal })).rejects.toThrow();
    const schema = { type: "object", properties: {} };
    tools.offer(
      ["self.audio_speaker.set_volume", "self.camera.take_photo", "self.door.open", "self.door_open"].map(
        (name) => ({
          name,
          description: "d",
          inputSchema: schema,
        }),
      ),
    );
    expect(tools.list().map(({ name, sideEffect }) => [name, sideEffect])).toEqual([
      ["remember", undefined],
      ["recall", undefined],
      ["self_audio_speaker_set_volume", false],
      ["self_camera_take_photo", false],
      ["self_door_open", true],
    ]);
    const photo = { id: "1", name: "self_camera_take_photo", arguments: '{"question":"What is it?"}' };
    const taking = tools.call(photo, NOWHERE, { signal });
    expect(sent.at(-1)).toMatchObject({ params: { name: "self.camera.take_photo" } });
    pictures += 1;
    answerLast({ result: { content: [{ type: "text", text: "{}" }] } });
    expect(await taking).toEqual({ type: "result", text: "a cat 90 %" });
    await expect(tools.call({ ...photo, name: "nothing" }, NOWHERE, { signal })).rejects.toThrow(
      "no nothing",
    );
  });
});
