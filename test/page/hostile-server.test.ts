import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { browserPath, openBrowser } from "../../bench/page/browser.ts";
import { projectFile } from "../../src/project.ts";
import { complaints, fakeDevices, openPage } from "./browser.ts";
import { ask, start, status } from "./person.ts";
import { ScriptedServer } from "./scripted-server.ts";

const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202Etxet\u2066`;
const LONG = "W".repeat(10_000);
const timings = { revisions: 0, discarded: 0, discardedMs: 0 };

let browser: Browser;
let server: ScriptedServer;
let page: Page;

describe.skipIf(browserPath === undefined)("whatever a server does to the page", () => {
  beforeAll(async () => {
    browser = await openBrowser(await fakeDevices(projectFile("examples/question.wav")));
  });
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    server = await ScriptedServer.start();
    page = await openPage(browser, server.url);
    await start(page);
  });
  afterEach(async () => {
    await page.context().close();
    await server.vanish();
    expect(complaints.splice(0)).toEqual([]);
  });

  const ignored = async (): Promise<string> =>
    (await page.locator(".facts div", { hasText: "Messages not understood" }).locator("dd").textContent()) ??
    "";

  test("what it says that was said and answered, and of errors, is shown as the text that it is", async () => {
    const text = `${HOSTILE} ${LONG}`;
    server.say({ type: "transcript-delta", turn: 1, text, stableLength: 10 });
    server.say({ type: "transcript-end", turn: 1, text });
    server.say({ type: "decision", turn: 1, kind: "stop", probability: 1, reason: HOSTILE, atMs: 0 });
    server.say({ type: "answer-start", turn: 1, seat: 0 });
    server.say({ type: "answer-delta", turn: 1, text: `${text} and more` });
    server.say({ type: "answer-end", turn: 1, outcome: "interrupted", text, timings });
    server.say({ type: "error", code: HOSTILE, message: text, fatal: false });
    const said = page.locator(".said > span");
    await expect.poll(() => said.first().textContent()).toBe(text);
    await expect.poll(() => said.nth(1).textContent()).toBe(`${text} and more`);
    await expect.poll(() => page.getByRole("alert").textContent()).toContain(text);
    expect(await page.locator("main :is(img, script)").count()).toBe(0);
    expect(await page.title()).toBe("Antiphon");
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    // A control that turns the direction around ends where the text ends: what the page says beside it stays readable.
    const parts = page.locator(".said > span, .notice bdi");
    const directions = await parts.evaluateAll((all) =>
      all.map((part) => getComputedStyle(part).unicodeBidi),
    );
    expect(directions.length).toBeGreaterThanOrEqual(4);
    expect(new Set(directions)).toEqual(new Set(["isolate"]));
  });

  test("an error is told in the language of the page, and the server's own words stand beside it", async () => {
    server.say({ type: "error", code: "llm-timeout", message: "no answer within 30 s", fatal: false });
    const notice = page.getByRole("alert").locator("p");
    await expect
      .poll(() => notice.innerText())
      .toMatch(/The language model is too slow.*no answer within 30 s/su);
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByLabel("Language").selectOption("中文");
    await page.keyboard.press("Escape");
    await expect.poll(() => notice.innerText()).toMatch(/语言模型太慢.*no answer within 30 s/su);
  });

  test("what is no message is counted, said to be there, once, and changes nothing else; types of later versions are passed over", async () => {
    server.sendRaw('{"type":"dance","turn":1}');
    server.sendRaw('{"type":"transcript-end","turn":-1,"text":3}');
    server.sendRaw(new Uint8Array([9, 9, 9]));
    await expect.poll(ignored).toBe("2");
    expect(await page.getByRole("alert").innerText()).toMatch(/^Some of what the server says[^.]*\.[^.]*$/u);
    expect(await status(page)).toBe("Listening");
    expect(await page.locator(".said").count()).toBe(0);
    await ask(page, "Are you there?");
    await expect.poll(() => server.texts).toEqual(["Are you there?"]);
    server.say({ type: "transcript-end", turn: 1, text: "Are you there?" });
    await page.locator(".said.user", { hasText: "Are you there?" }).waitFor();
    server.say({ type: "answer-start", turn: 1, seat: 0 });
    server.say({ type: "answer-end", turn: 1, outcome: "completed", text: "Yes.", timings });
    await page.locator(".said.assistant", { hasText: "Yes." }).waitFor();
    await expect.poll(() => page.getByRole("alert").locator("p").count()).toBe(0);
    expect(server.greetings).toBe(1);
  });

  test("one that falls silent, and then talks nonsense, is said so, and is talked to again when it is well", async () => {
    server.manner = "silent";
    await expect.poll(() => status(page)).toBe("Connection lost, trying again");
    server.manner = "babbling";
    await page.getByText("sends what this page does not understand").waitFor();
    expect(await status(page)).toBe("Connection lost, trying again");
    server.manner = "decent";
    await expect.poll(() => status(page)).toBe("Listening");
    expect(await page.getByText("does not understand").count()).toBe(0);
    await ask(page, "Are you well?");
    await expect.poll(() => server.texts).toEqual(["Are you well?"]);
  });

  test("one that vanishes is said not to answer, and is talked to again when it is back", async () => {
    const { port } = server;
    await server.vanish();
    await page.getByText("The server does not answer. Is it running?").waitFor();
    expect(await status(page)).toBe("Connection lost, trying again");
    server = await ScriptedServer.start(port);
    await expect.poll(() => status(page)).toBe("Listening");
    await page.getByText("a new one has begun").waitFor();
    await ask(page, "Are you back?");
    await expect.poll(() => server.texts).toEqual(["Are you back?"]);
  });
});
