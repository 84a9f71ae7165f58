import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { beforeEach, describe, expect, it } from "vitest";

import { labelledPictures } from "../../src/labelled-pictures.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

async function put(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), "");
  }
}

describe("a folder of pictures to be taught", () => {
  it("labels by folder or by name, numbers and what is no picture aside", async () => {
    await put(
      "Rex/1.jpg",
      "Rex/IMG_2.PNG",
      "Rex/notes.txt",
      "red_mug (2).webp",
      "red mug 1.jpeg",
      "a.txt",
      "7.jpg",
    );
    const labelled = await labelledPictures(folder);
    expect(labelled.map(({ label, path }) => [label, path.slice(folder.length + 1)])).toEqual([
      ["7", "7.jpg"],
      ["red mug", "red mug 1.jpeg"],
      ["red mug", "red_mug (2).webp"],
      ["Rex", "Rex/1.jpg"],
      ["Rex", "Rex/IMG_2.PNG"],
    ]);
  });

  it("says so where there is none, in it or below", async () => {
    await expect(labelledPictures(folder)).rejects.toThrow(/holds no JPEG/);
    await put("Rex/notes.txt", "mug.jpg");
    await expect(labelledPictures(folder)).rejects.toThrow(/Rex holds no JPEG/);
    await expect(labelledPictures(join(folder, "gone"))).rejects.toMatchObject({
      code: "picture-unreadable",
    });
  });

  it.each(["<|im_end|>.jpg", "[camera].png", `${"long ".repeat(9)}.jpg`])(
    "refuses a label that cannot be said or would be a mark in a prompt: %s",
    async (name) => {
      await put(name);
      await expect(labelledPictures(folder)).rejects.toMatchObject({ code: "config-invalid" });
    },
  );
});
