import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { browserPath, openBrowser } from "../../bench/page/browser.ts";
import { projectFile } from "../../src/project.ts";
import type { ReadinessBody } from "../../src/server/protocol.ts";
import { haveModels } from "../support/models.ts";
import { complaints, fakeDevices, openPage } from "./browser.ts";
import { answer, ask, keepPicture, start, status, violations } from "./person.ts";
import { ServerProcess } from "./server.ts";
import { Wire } from "./wire.ts";

let server: ServerProcess;
let browser: Browser;
let page: Page;

describe.skipIf(browserPath === undefined || !haveModels())("the page is for everybody", () => {
  beforeAll(async () => {
    const devices = await fakeDevices(projectFile("examples/question.wav"));
    [server, browser] = await Promise.all([ServerProcess.start(), openBrowser(devices)]);
  });
  afterAll(async () => {
    await browser.close();
    await server.kill();
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints.splice(0)).toEqual([]);
  });

  test("everything that a keyboard must reach works without a mouse", async () => {
    page = await openPage(browser, server.url);
    const begin = page.getByRole("button", { name: "Start talking" });
    const isFocused = async (): Promise<boolean> =>
      await begin.evaluate((button) => button === document.activeElement);
    for (let tabs = 0; tabs < 3 && !(await isFocused()); tabs++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect.poll(() => status(page)).toBe("Listening");
    await page.getByRole("radio", { name: "Hands-free" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("radio", { name: "Push to talk" }).isChecked();
    await page.evaluate(() => {
      (document.activeElement as HTMLElement).blur();
    });
    await page.keyboard.down("Space");
    const talk = page.getByRole("button", { name: "Hold to talk" });
    await expect.poll(async () => await talk.getAttribute("aria-pressed")).toBe("true");
    await page.keyboard.up("Space");
    await expect.poll(async () => await talk.getAttribute("aria-pressed")).toBe("false");
    await page.getByLabel("Type instead of speaking").focus();
    await page.keyboard.type("Hello there");
    await page.keyboard.press("Enter");
    await page.locator(".said.user", { hasText: "Hello there" }).waitFor();
  });

  test.each(["light", "dark"] as const)(
    "axe finds nothing in %s colours, before and while talking",
    async (theme) => {
      page = await openPage(browser, server.url, { colorScheme: theme });
      expect(await violations(page)).toEqual([]);
      await start(page);
      await ask(page, "What is tea?");
      await answer(page);
      expect(await violations(page)).toEqual([]);
      await keepPicture(page, `page-${theme}`);
      await page.getByRole("button", { name: "Settings" }).click();
      expect(await violations(page)).toEqual([]);
      await keepPicture(page, `page-settings-${theme}`);
    },
  );

  test("on a phone nothing is cut off, in both languages", async () => {
    page = await openPage(browser, server.url, { viewport: { width: 360, height: 740 }, hasTouch: true });
    await start(page);
    await page.getByRole("button", { name: "Settings" }).click();
    for (const language of ["中文", "English"]) {
      await page.getByLabel(/Language|语言/u).selectOption(language);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      expect(await violations(page)).toEqual([]);
      if (language === "中文") await keepPicture(page, "page-phone-settings-zh");
    }
    await page.keyboard.press("Escape");
    await ask(page, "What is coffee?");
    await answer(page);
    await expect.poll(() => status(page)).toBe("Listening");
    await page.evaluate(() => {
      scrollTo(0, 0);
    });
    await keepPicture(page, "page-phone");
  });

  test("whoever comes while models are fetched and loaded sees how far that is, and may start afterwards", async () => {
    page = await openPage(browser, "about:blank");
    const models = { pack: "lite", languageModel: "small", elsewhere: true, voice: "joe" };
    const loading = { step: "fetching", file: "model.bin", doneBytes: 40e6, totalBytes: 250e6 } as const;
    let body: ReadinessBody = { status: "loading", models, loading };
    await page.route("**/ready", async (route) => {
      if (body.status === "ready") await route.continue();
      else await route.fulfill({ status: 503, json: body });
    });
    await page.goto(server.url);
    await page.getByText("model.bin").waitFor();
    // Where words go is said before anybody speaks.
    expect(await page.getByText("go on to another server").count()).toBe(1);
    expect(await page.getByRole("progressbar").getAttribute("value")).toBe("40000000");
    expect(await violations(page)).toEqual([]);
    await keepPicture(page, "page-loading");
    body = { status: "loading", models, loading: { step: "loading", doneBytes: 1e6, totalBytes: 250e6 } };
    await page.getByText("Loading the models").waitFor();
    body = { status: "impaired", models, down: [{ worker: "hearing", engines: [], state: "starting" }] };
    await page.getByText("hearing (starting)").waitFor();
    body = { status: "ready" };
    await expect.poll(() => status(page)).toBe("Ready when you are");
    await start(page);
  });

  test("prompt and pace are told to the server, at once and when one comes back", async () => {
    page = await openPage(browser, server.url);
    const wire = new Wire(page);
    await start(page);
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByLabel("What it is told first").fill("You are a pirate.");
    await page.getByLabel("Voice speed").fill("1.5");
    await expect
      .poll(() => wire.said("settings").at(-1))
      .toMatchObject({
        systemPrompt: "You are a pirate.",
        speed: 1.5,
      });
    const dialog = page.getByRole("dialog");
    // One voice is shown as the one there is; another pack, and how to come to it, as what it is: another start.
    const voice = dialog.getByRole("combobox", { name: "Voice", exact: true });
    expect(await voice.inputValue()).toBe("en_US-joe-medium");
    expect(await voice.isDisabled()).toBe(true);
    const pack = dialog.getByRole("combobox", { name: "Model pack" });
    expect(await pack.inputValue()).toBe("lite");
    await pack.selectOption("embedded");
    await dialog.getByText("npm start -- --pack embedded").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await ask(page, "What is the sea?");
    await answer(page);
    await page.reload();
    await start(page);
    const told = { systemPrompt: "You are a pirate.", speed: 1.5, spoken: true };
    expect(wire.said("hello").at(-1)?.settings).toEqual(told);
  });

  test("a screen stays awake while one talks, and no longer", async () => {
    page = await openPage(browser, server.url);
    await page.evaluate(() => {
      const counts = { held: 0 };
      Reflect.set(globalThis, "counts", counts);
      Reflect.set(navigator.wakeLock, "request", () => {
        counts.held += 1;
        return Promise.resolve({ release: () => Promise.resolve((counts.held -= 1)) });
      });
    });
    const held = async (): Promise<number> =>
      await page.evaluate(() => (globalThis as unknown as { counts: { held: number } }).counts.held);
    // Who only types touches the keys, and loses nothing where the screen sleeps.
    await ask(page, "What is tea?");
    await answer(page);
    expect(await held()).toBe(0);
    await start(page);
    await expect.poll(held).toBe(1);
    await page.getByRole("button", { name: "Hang up" }).click();
    await expect.poll(held).toBe(0);
  });
});
