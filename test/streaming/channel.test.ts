import { getEventListeners } from "node:events";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Channel } from "../../streaming/index.ts";

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const seen: Item[] = [];
  for await (const item of items) seen.push(item);
  return seen;
}

describe("a channel", () => {
  it("hands over everything in order when there is room", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer(), { maxLength: 50 }), async (items) => {
        const channel = new Channel<number>({ capacity: 50, overflow: "fail" });
        for (const item of items) channel.push(item);
        channel.close();
        expect(await collect(channel.read(new AbortController()))).toEqual(items);
      }),
    );
  });

  it("forgets what nobody read in time", async () => {
    const channel = new Channel<number>({ capacity: 2, overflow: "drop-oldest" });
    for (const item of [1, 2, 3, 4]) channel.push(item);
    channel.close();
    expect(await collect(channel.read(new AbortController()))).toEqual([3, 4]);
  });

  it("measures what waits, and never forgets the newest, however large", async () => {
    const channel = new Channel<string>({
      capacity: 5,
      overflow: "drop-oldest",
      sizeOf: ({ length }) => length,
    });
    expect(["aa", "bb", "c"].map((item) => channel.push(item))).toEqual([0, 0, 0]);
    expect(channel.push("ddd")).toBe(4);
    expect(channel.push("eeeeeeee")).toBe(4);
    expect(channel.push("ff")).toBe(8);
    channel.close();
    expect(channel.push("g")).toBe(1);
    expect(await collect(channel.read(new AbortController()))).toEqual(["ff"]);
  });

  it("has room again for what was read and what was cleared", async () => {
    const channel = new Channel<string>({
      capacity: 4,
      overflow: "drop-oldest",
      sizeOf: ({ length }) => length,
    });
    channel.push("aaaa");
    const reading = channel.read(new AbortController());
    expect((await reading.next()).value).toBe("aaaa");
    expect(channel.push("bbb")).toBe(0);
    expect(channel.clear()).toEqual(["bbb"]);
    expect(channel.push("cccc")).toBe(0);
    await reading.return();
  });

  it("ends with rate-exceeded where nothing may be lost", async () => {
    const channel = new Channel<number>({ capacity: 1, overflow: "fail" });
    channel.push(1);
    channel.push(2);
    await expect(collect(channel.read(new AbortController()))).rejects.toMatchObject({
      code: "rate-exceeded",
    });
  });

  it("rejects an idle reader with the signal's reason and leaves no listener behind", async () => {
    const controller = new AbortController();
    const channel = new Channel<number>({ capacity: 1, overflow: "fail" });
    const reading = collect(channel.read(controller));
    await Promise.resolve();
    controller.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  it("is closed by a reader who leaves, who leaves no listener behind either", async () => {
    const controller = new AbortController();
    const channel = new Channel<number>({ capacity: 9, overflow: "fail" });
    channel.push(1);
    channel.push(2);
    for await (const item of channel.read(controller)) {
      expect(item).toBe(1);
      break;
    }
    channel.push(4);
    expect(channel.clear()).toEqual([]);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });
});
