import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEach, describe, expect, test } from "vitest";

import { EXIT } from "../../src/cli.ts";
import { runFakeCli } from "../support/fake-cli.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const MUG = [{ name: "coffee mug", probability: 0.9 }];

let folder: string;
let printed: string[];

beforeEach(async () => {
  folder = await temporaryFolder();
  printed = [];
});

async function look(...args: string[]): Promise<number> {
  const { signal } = new AbortController();
  return await runFakeCli(["look", ...args], { printed, noted: [], signal });
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
