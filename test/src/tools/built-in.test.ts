import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import { BUILT_IN_TOOLS, builtInTools } from "../../../src/tools/built-in.ts";
import { Notes } from "../../../src/tools/notes.ts";
import { settle } from "../../support/fake-conversation.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function open(notes = new Notes()) {
  const clock = new ManualClock();
  const closing = new AbortController();
  const said: string[] = [];
  const surroundings = {
    say: (text: string) => said.push(text),
    look: () => Promise.resolve("a cup"),
    readText: () => Promise.resolve("EXIT"),
  };
  const tools = builtInTools(BUILT_IN_TOOLS, { clock, notes, signal: closing.signal });
  const run = async (name: string, values: Record<string, unknown> = {}): Promise<string | undefined> =>
    await tools.find(({ spec }) => spec.name === name)?.run(values, surroundings, closing);
  return { clock, closing, said, run };
}

describe("the timer", () => {
  it("rings by itself when its time is over, and once", async () => {
    const { clock, said, run } = open();
    expect(await run("set_timer", { amount: 5, unit: "minutes" })).toBe("The timer is set for 5 minutes.");
    await run("set_timer", { amount: 1, unit: "seconds" });
    clock.advance(1000);
    await settle();
    expect(said).toEqual(["Your timer of 1 second is over."]);
    clock.advance(600_000);
    await settle();
    expect(said).toEqual(["Your timer of 1 second is over.", "Your timer of 5 minutes is over."]);
  });

  it("rings no more once it was cancelled, or nobody is there any more", async () => {
    const { clock, closing, said, run } = open();
    await run("set_timer", { amount: 1, unit: "seconds" });
    expect(await run("cancel_timers")).toBe("1 cancelled.");
    await settle();
    expect(await run("cancel_timers")).toBe("There is no timer.");
    await run("set_timer", { amount: 1, unit: "seconds" });
    closing.abort();
    clock.advance(5000);
    await settle();
    expect(said).toEqual([]);
  });

  it("cannot be set without end, neither in length nor in number", async () => {
    const { run } = open();
    await expect(run("set_timer", { amount: 25, unit: "hours" })).rejects.toThrow("a day");
    for (let count = 0; count < 16; count++) await run("set_timer", { amount: 1, unit: "hours" });
    await expect(run("set_timer", { amount: 1, unit: "hours" })).rejects.toThrow("too many");
  });
});

describe("the other built-in tools", () => {
  it("tell the time of day, what is in view and what is printed there", async () => {
    const { run } = open();
    expect(await run("get_time")).toMatch(/^It is \w+day, .+\d\d/u);
    expect(await run("look_closer")).toBe("a cup");
    expect(await run("read_text")).toBe("EXIT");
  });
});

describe("what the assistant is to remember", () => {
  let folder: string | undefined;
  afterEach(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true });
    folder = undefined;
  });

  it("can be recalled, without a file only in the same conversation", async () => {
    const { run } = open();
    expect(await run("recall")).toBe("There are no notes.");
    await run("remember", { fact: "The key is\nunder the mat." });
    expect(await run("recall")).toBe("The key is under the mat.");
    expect(await open().run("recall")).toBe("There are no notes.");
  });

  it("is in the file after a restart, the newest of it at least", async () => {
    folder = await mkdtemp(join(tmpdir(), "antiphon-notes-"));
    const file = join(folder, "notes.txt");
    const notes = new Notes(file);
    for (let index = 0; index < 40; index++) await notes.add(`note ${index}`);
    expect(new Notes(file).all()).toEqual(notes.all());
    expect(notes.all().at(-1)).toBe("note 39");
    expect((await readFile(file, "utf8")).split("\n")).toHaveLength(41);
  });

  it("fails at the start where the file cannot be read, instead of losing what is in it", () => {
    expect(() => new Notes(tmpdir())).toThrow(expect.objectContaining({ code: "config-invalid" }) as Error);
  });
});
