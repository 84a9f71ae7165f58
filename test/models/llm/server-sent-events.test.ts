import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readServerSentEvents } from "../../../models/llm/server-sent-events.ts";

/** The events of a text that arrives in pieces cut at these bytes. */
async function eventsOf(text: string, cuts: readonly number[] = []): Promise<string[]> {
  const bytes = new TextEncoder().encode(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const body = ReadableStream.from(places.slice(1).map((end, index) => bytes.slice(places[index], end)));
  const events: string[] = [];
  for await (const event of readServerSentEvents(body)) events.push(event);
  return events;
}

describe("server-sent events", () => {
  it("are the data fields, one for each blank line", async () => {
    expect(await eventsOf("data: one\n\ndata:two\n\n\ndata:  three\n\n")).toEqual(["one", "two", " three"]);
  });

  it("may have several lines, and fields and comments that say nothing to us", async () => {
    const text =
      ": ping\nevent: delta\nid: 7\ndata: a\nretry: 10\ndata: b\n\n: only a comment\n\ndata\n\ndata: c\n\n";
    expect(await eventsOf(text)).toEqual(["a\nb", "c"]);
  });

  it("end also where the server leaves out the last blank line or line end", async () => {
    expect(await eventsOf("data: a\n\ndata: b\n")).toEqual(["a", "b"]);
    expect(await eventsOf("data: a\r\n\r\ndata: b")).toEqual(["a", "b"]);
    expect(await eventsOf("data: a\r\rdata: b\r")).toEqual(["a", "b"]);
    expect(await eventsOf("")).toEqual([]);
  });

  it("are the same with every line end, in whatever pieces they arrive, even through characters", async () => {
    const content = fc.array(fc.constantFrom("a", "é", "😀", ":", " ", "data:", "{}"), { maxLength: 6 });
    const ends = fc.constantFrom("\n", "\r\n", "\r");
    await fc.assert(
      fc.asyncProperty(
        fc.array(content, { maxLength: 5 }),
        ends,
        fc.array(fc.nat(200)),
        async (texts, end, cuts) => {
          const events = texts.map((parts) => parts.join(""));
          const text = events.map((event) => `data: ${event}${end}${end}`).join("");
          expect(await eventsOf(text, cuts)).toEqual(events);
        },
      ),
    );
  });

  it("stop a server that sends a line without end, instead of filling the memory", async () => {
    const piece = new TextEncoder().encode("x".repeat(100_000));
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(piece);
      },
    });
    const events = readServerSentEvents(body);
    await expect(events.next()).rejects.toThrow("too long");
    expect(sent).toBeLessThan(20);
  });

  it("stop a server that sends an event without end, of lines however short", async () => {
    const piece = new TextEncoder().encode("data: x\n".repeat(10_000));
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        if (sent > 50) controller.close();
        else controller.enqueue(piece);
      },
    });
    await expect(readServerSentEvents(body).next()).rejects.toThrow("too long");
    expect(sent).toBeLessThan(50);
  });

  it("close the stream when their reader leaves", async () => {
    let reason: unknown = "still open";
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode("data: x\n\n"));
      },
      cancel(why) {
        reason = why;
      },
    });
    for await (const event of readServerSentEvents(body)) {
      expect(event).toBe("x");
      break;
    }
    expect(reason).toBeUndefined();
  });
});
