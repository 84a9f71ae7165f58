import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEach, describe, expect, test } from "vitest";

import { FakeSight } from "../../models/fakes/index.ts";
import { EXIT } from "../../src/cli.ts";
import { runFakeCli } from "../support/fake-cli.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const MUG = [{ name: "coffee mug", probability: 0.9 }];

let folder: string;
let printed: string[];
let sight: FakeSight;
let rooms: (number | undefined)[];

beforeEach(async () => {
  folder = await temporaryFolder();
  printed = [];
  sight = new FakeSight(() => "coffee mug");
  rooms = [];
});

async function look(...args: string[]): Promise<number> {
  const { signal } = new AbortController();
  return await runFakeCli(["look", ...args], { printed, noted: [], signal, sight, rooms });
}

describe("the command that looks at a picture", () => {
  test("look prints what is seen, read and answered", async () => {
    const file = join(folder, "a.jpg");
    writeFileSync(file, Uint8Array.of(10, 20));
    expect(await look(file, "What does it say?", "--json")).toBe(EXIT.done);
    expect(JSON.parse(printed.join(""))).toEqual({
      answer: expect.stringContaining("EXIT") as string,
      labels: [{ name: "coffee mug", probability: 0.9 }],
      places: { left: MUG, center: MUG, right: MUG },
      people: 0,
      sure: true,
      text: "EXIT",
      elapsedMs: expect.any(Number) as number,
    });
  });

  test("look shows it in tiles, too, where that is asked for, with room for them in the prompt", async () => {
    const file = join(folder, "a.jpg");
    writeFileSync(file, Uint8Array.of(10, 20));
    expect(await look(file, "--pack", "smolvlm-256m")).toBe(EXIT.done);
    expect(await look(file, "--pack", "smolvlm-256m", "--tiles")).toBe(EXIT.done);
    expect(sight.requests.map(({ inTiles }) => inTiles)).toEqual([false, true]);
    expect(rooms).toEqual([undefined, 2048]);
  });

  test("look says that a pack cannot look at tiles, instead of overlooking small print", async () => {
    const file = join(folder, "a.jpg");
    writeFileSync(file, Uint8Array.of(10, 20));
    expect(await look(file, "--tiles", "--json")).toBe(EXIT.failure);
    expect(JSON.parse(printed.join(""))).toMatchObject({
      error: { code: "config-invalid", message: expect.stringContaining("embedded") as string },
    });
    expect(sight.requests).toEqual([]);
  });

  test.each([
    ["missing", undefined],
    ["damaged", Uint8Array.of(255, 1)],
  ])("look says with a code that a picture is %s", async (_, bytes) => {
    const file = join(folder, "b.jpg");
    if (bytes !== undefined) writeFileSync(file, bytes);
    expect(await look(file, "--json")).toBe(EXIT.failure);
    expect(JSON.parse(printed.join(""))).toMatchObject({ error: { code: "picture-unreadable" } });
  });
});
