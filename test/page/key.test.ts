import { readFile } from "node:fs/promises";

import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { browserPath } from "../../bench/page/browser.ts";
import { projectFile } from "../../src/project.ts";
import { fakeDevices } from "./browser.ts";
import { ask, start, status, violations } from "./person.ts";
import { dropPicture, pictureFrames } from "./pictures.ts";
import { shareBrowser } from "./scene.ts";
import { ScriptedServer } from "./scripted-server.ts";

const picture = [...(await readFile(projectFile("test/fixtures/vision/astronaut.jpg")))];
const refusal = { type: "error", code: "unauthorized", message: "no key", fatal: true } as const;

let server: ScriptedServer;
let page: Page;

describe.skipIf(browserPath === undefined)("a server that asks for a key", () => {
  const browser = shareBrowser(() => fakeDevices(projectFile("examples/question.wav")));
  beforeAll(async () => {
    server = await ScriptedServer.start();
  });
  afterAll(async () => {
    await server.vanish();
  });
  afterEach(() => {
    server.manner = "decent";
  });

  test("is shown the one of the address, which stands there no longer, also after the page is loaded again", async () => {
    page = await browser.open("about:blank");
    const shown = keysOf(page);
    await page.goto(`${server.url}?api_key=sesame`);
    await start(page);
    expect(page.url()).toBe(server.url);
    await page.reload();
    await start(page);
    expect(shown()).toEqual(["sesame", "sesame"]);
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("sesame");
    // Another tab is another visitor.
    const other = await page.context().newPage();
    const shownThere = keysOf(other);
    await other.goto(server.url);
    await start(other);
    expect(shownThere()).toEqual([null]);
  });

  test("and refuses is shown another one that is entered on the page", async () => {
    page = await browser.open(server.url);
    const shown = keysOf(page);
    await start(page);
    server.say(refusal);
    await page.getByText("This server asks for a key").waitFor();
    await expect.poll(() => status(page)).toBe("Ready when you are");
    expect(await violations(page)).toEqual([]);
    // What is typed into an alert would be read out with every letter.
    expect(await page.getByRole("alert").locator("form").count()).toBe(0);
    const notice = page.locator(".talk .key");
    expect(await notice.getByRole("status").innerText()).toBe("No key is held.");
    const field = notice.getByLabel("Key of the server");
    expect(await field.getAttribute("type")).toBe("password");
    await field.fill("  open ");
    await notice.getByRole("button", { name: "Use key" }).click();
    await expect.poll(() => notice.count()).toBe(0);
    await page.getByText("The key is taken.").waitFor();
    await expect.poll(() => isFocused(page.getByRole("button", { name: "Start talking" }))).toBe(true);
    await start(page);
    await expect.poll(() => page.getByText("The key is taken.").count()).toBe(0);
    expect(shown()).toEqual([null, "open"]);
  });

  test("whether there is a key is seen in the settings, where it is forgotten on purpose and not by Enter", async () => {
    page = await browser.open("about:blank");
    const shown = keysOf(page);
    await page.goto(`${server.url}?api_key=sesame`);
    await page.getByRole("button", { name: "Settings" }).click();
    const dialog = page.getByRole("dialog");
    const field = dialog.getByLabel("Key of the server");
    const said = dialog.getByRole("status");
    await field.press("Enter");
    expect(await said.innerText()).toBe("A key is held.");
    expect(await dialog.getByRole("button", { name: "Use key" }).isDisabled()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Forget key" }).click();
    await expect
      .poll(() => said.innerText())
      .toBe("The key is forgotten. The next conversation goes without one.");
    expect(await isFocused(field)).toBe(true);
    expect(await dialog.getByRole("button", { name: "Forget key" }).count()).toBe(0);
    await page.keyboard.press("Escape");
    await page.reload();
    await start(page);
    expect(shown()).toEqual([null]);
  });

  test("and refuses keeps nobody from asking about the picture that was chosen before", async () => {
    page = await browser.open(server.url);
    const sent = pictureFrames(page);
    server.manner = "silent";
    const { greetings } = server;
    await dropPicture(page, picture);
    const waiting = page.getByRole("img", { name: "Will be shown to it" });
    await waiting.waitFor();
    await ask(page, "Who is this?");
    await expect.poll(() => server.greetings).toBe(greetings + 1);
    server.say(refusal);
    await page.getByText("This server asks for a key").waitFor();
    await expect.poll(() => status(page)).toBe("Ready when you are");
    expect(await waiting.count()).toBe(1);
    expect(await page.getByLabel("Type instead of speaking").inputValue()).toBe("Who is this?");
    server.manner = "decent";
    await page.locator(".talk .key").getByLabel("Key of the server").fill("open");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Send" }).click();
    await expect.poll(() => sent().slice(0, 2)).toEqual(["picture", "text"]);
  });
});

async function isFocused(place: Locator): Promise<boolean> {
  return await place.evaluate((element) => element === document.activeElement);
}

/** The keys of the conversations that are opened from now on. */
function keysOf(of: Page): () => (string | null)[] {
  const keys: (string | null)[] = [];
  of.on("websocket", (socket) => keys.push(new URL(socket.url()).searchParams.get("api_key")));
  return () => keys;
}
