import { readFile } from "node:fs/promises";

import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";

import { browserPath } from "../../bench/page/browser.ts";
import { projectFile } from "../../src/project.ts";
import { fakeModels, PHRASES } from "../support/fake-models.ts";
import { answer, ask, status } from "./person.ts";
import { dropPicture, pictureFrames } from "./pictures.ts";
import { shareBrowser, shareServer } from "./scene.ts";
import { Wire } from "./wire.ts";

const picture = [...(await readFile(projectFile("test/fixtures/vision/astronaut.jpg")))];

let page: Page;

describe.skipIf(browserPath === undefined)("the page before anybody has started to talk", () => {
  const url = shareServer(fakeModels(PHRASES[440]));
  const browser = shareBrowser(
    // Nobody would allow a microphone, and nobody is to be asked for one.
    () => Promise.resolve(["--use-fake-device-for-media-stream", "--deny-permission-prompts"]),
  );

  test("a typed question begins a conversation in writing, which goes on aloud when one starts to talk", async () => {
    page = await browser.open(url());
    const wire = new Wire(page);
    await ask(page, "What is milk?");
    expect(await (await answer(page)).innerText()).toContain("You said What is milk?");
    await expect.poll(() => status(page)).toBe("In writing");
    expect(await page.getByRole("button", { name: "Stop writing" }).count()).toBe(1);
    expect(wire.said("hello")).toMatchObject([{ settings: { spoken: false } }]);
    expect(await page.getByRole("alert").locator("p").count()).toBe(0);
    expect(await page.getByLabel("Type instead of speaking").inputValue()).toBe("");
    await page.getByRole("button", { name: "Start talking" }).click();
    await expect.poll(() => status(page)).toBe("Listening");
    expect(wire.said("settings").at(-1)).toMatchObject({ spoken: true });
    await ask(page, "And what is tea?");
    expect(await (await answer(page, 1)).innerText()).toContain("You said And what is tea?");
    expect(wire.said("hello")).toHaveLength(1);
  });

  test("what is typed before the server is ready stays to be seen, and goes out once it is", async () => {
    page = await browser.open("about:blank");
    const open = await holdServer(page);
    await page.goto(url());
    await ask(page, "What is salt?");
    await page.getByText("It goes out as soon as the server is there").waitFor();
    expect(await page.getByLabel("Type instead of speaking").inputValue()).toBe("What is salt?");
    open();
    expect(await (await answer(page)).innerText()).toContain("You said What is salt?");
  });

  test("what waits and is changed has not been finished, and waits no longer until it is sent off again", async () => {
    page = await browser.open("about:blank");
    const wire = new Wire(page);
    const open = await holdServer(page);
    await page.goto(url());
    await ask(page, "What is");
    const hint = page.getByText("It goes out as soon as the server is there");
    await hint.waitFor();
    await page.getByLabel("Type instead of speaking").fill("What is pepper?");
    await expect.poll(() => hint.count()).toBe(0);
    open();
    await expect.poll(() => status(page)).toBe("In writing");
    expect(wire.said("text")).toEqual([]);
    await page.getByRole("button", { name: "Send" }).click();
    expect(await (await answer(page)).innerText()).toContain("You said What is pepper?");
    expect(wire.said("text")).toHaveLength(1);
  });

  test("in a tab that nobody looks at, a picture and the question about it go out all the same", async () => {
    page = await browser.open("about:blank");
    const sent = pictureFrames(page);
    const open = await holdServer(page);
    await page.goto(url());
    await dropPicture(page, picture);
    await page.getByRole("img", { name: "Will be shown to it" }).waitFor();
    await ask(page, "Who is this?");
    await page.getByText("It goes out as soon as the server is there").waitFor();
    // As a browser does with a tab in the background: no frame comes, and the page draws nothing.
    await page.evaluate(() => Reflect.set(globalThis, "requestAnimationFrame", () => 0));
    open();
    await expect.poll(() => sent().slice(0, 2)).toEqual(["picture", "text"]);
  });

  test("a text that is longer than the server takes is said to be, and is not lost", async () => {
    page = await browser.open(url());
    const wire = new Wire(page);
    await ask(page, "x".repeat(4001));
    await page.getByText("too long to be sent").waitFor();
    const field = page.getByLabel("Type instead of speaking");
    expect(await field.inputValue()).toHaveLength(4001);
    expect(wire.said("text")).toEqual([]);
    await field.fill("What is milk?");
    await expect.poll(() => page.getByText("too long to be sent").count()).toBe(0);
    await page.getByRole("button", { name: "Send" }).click();
    expect(await (await answer(page)).innerText()).toContain("You said What is milk?");
  });

  test("a picture that is dropped is shown as waiting, and sent ahead of the question about it", async () => {
    page = await browser.open(url());
    const sent = pictureFrames(page);
    await dropPicture(page, picture);
    await page.getByRole("img", { name: "Will be shown to it" }).waitFor();
    expect(sent()).toEqual([]);
    await ask(page, "Who is this?");
    await answer(page);
    await page.getByRole("img", { name: /^Sent/u }).first().waitFor();
    expect(sent().slice(0, 2)).toEqual(["picture", "text"]);
    expect(await page.getByRole("img", { name: "Will be shown to it" }).count()).toBe(0);
  });

  test("a picture that goes on being shown is sent to a new conversation, too, ahead of the question about it", async () => {
    page = await browser.open(url());
    await dropPicture(page, picture);
    await ask(page, "Who is this?");
    await answer(page);
    const sent = pictureFrames(page);
    await page.getByRole("button", { name: "New conversation" }).click();
    await ask(page, "Who is it?");
    await expect.poll(() => sent().slice(0, 2)).toEqual(["picture", "text"]);
  });
});

/** Has the server load its models until what this returns is called. */
async function holdServer(of: Page): Promise<() => void> {
  let isReady = false;
  await of.route("**/ready", async (route) => {
    if (isReady) await route.continue();
    else await route.fulfill({ status: 503, json: { status: "loading" } });
  });
  return () => {
    isReady = true;
  };
}
