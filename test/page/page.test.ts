import { readFile } from "node:fs/promises";

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { browserPath, openBrowser } from "../../bench/page/browser.ts";
import { projectFile } from "../../src/project.ts";
import { haveModels } from "../support/models.ts";
import { BreakableLine } from "./breakable-line.ts";
import { complaints, fakeDevices, openPage } from "./browser.ts";
import { ANSWER_MS, answer, ask, keepPicture, outputLevel, start, status } from "./person.ts";
import { ServerProcess } from "./server.ts";
import { Wire } from "./wire.ts";

const QUESTION = projectFile("examples/question.wav");
const question = [...(await readFile(QUESTION))];

let server: ServerProcess;
let browser: Browser;
let page: Page;

describe.skipIf(browserPath === undefined || !haveModels())("the page", () => {
  beforeAll(async () => {
    [server, browser] = await Promise.all([ServerProcess.start(), openBrowser(await fakeDevices(QUESTION))]);
  });
  afterAll(async () => {
    await browser.close();
    await server.kill();
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints.splice(0)).toEqual([]);
  });

  test("a spoken question is answered, in words and in sound", async () => {
    page = await openPage(browser, server.url, { ownMicrophone: false });
    const wire = new Wire(page);
    await start(page);
    await page.locator(".said.user", { hasText: "capital of France" }).waitFor({ timeout: ANSWER_MS });
    await page.locator(".said.assistant", { hasText: "Paris" }).waitFor({ timeout: ANSWER_MS });
    await expect.poll(() => outputLevel(page)).toBeGreaterThan(0.005);
    await keepPicture(page, "page-speaking");
    await expect.poll(() => status(page)).toBe("Listening");
    expect(await page.getByRole("log").innerText()).toContain("capital of France");
    expect(await page.locator(".timeline .mark.query").count()).toBeGreaterThan(0);
    expect(wire.said("hello")[0]?.input.format).toBe("opus");
    expect(await page.locator(".latency tr", { hasText: "first audio" }).innerText()).toMatch(/\d/u);
  });

  test("who talks into an answer silences it, and words that nobody heard are struck through", async () => {
    page = await openPage(browser, server.url);
    await start(page);
    await ask(page, "Tell me a long story about the sea and the wind.");
    await expect.poll(() => outputLevel(page)).toBeGreaterThan(0.005);
    await page.evaluate(async (wav) => {
      await globalThis.instruments.speak(wav);
    }, question);
    const cutOff = page.locator(".turn").first().locator("del");
    await cutOff.waitFor({ timeout: ANSWER_MS });
    await page.locator(".said.assistant", { hasText: "Paris" }).waitFor({ timeout: ANSWER_MS });
    await keepPicture(page, "page-interrupted");
  });

  test("the stop button ends the sound, although more of it has arrived", async () => {
    page = await openPage(browser, server.url);
    await start(page);
    await ask(page, "Tell me a long story about the mountains.");
    await expect.poll(() => outputLevel(page)).toBeGreaterThan(0.005);
    await page.waitForTimeout(500);
    await page.getByRole("button", { name: "Stop speaking" }).click();
    const silentMs = await page.evaluate(async () => await globalThis.instruments.untilSilent());
    console.log(`silent ${Math.round(silentMs)} ms after the click had been delivered`);
    await expect.poll(() => status(page)).toBe("Interrupted");
    expect(await outputLevel(page)).toBeLessThan(0.001);
  });

  test("a typed question is shown as text, whatever it contains, and answered", async () => {
    page = await openPage(browser, server.url);
    await start(page);
    const hostile = `<img src=x onerror="document.title='owned'"> \u202Ewhat is water?`;
    await ask(page, hostile);
    await answer(page);
    expect(await page.locator(".transcript img").count()).toBe(0);
    expect(await page.locator(".said.user").innerText()).toContain("<img src=x");
    expect(await page.title()).toBe("Antiphon");
  });

  test("the camera's pictures are sent and shown as they were sent, and its light goes out", async () => {
    page = await openPage(browser, server.url);
    await start(page);
    await page.getByRole("button", { name: "Camera", exact: true }).click();
    await page.locator(".view img").nth(1).waitFor();
    const track = await page.evaluateHandle(() => {
      const video = document.querySelector("video");
      return (video?.srcObject as MediaStream).getVideoTracks()[0];
    });
    await page.getByRole("button", { name: "Switch off" }).click();
    expect(await track.evaluate((of) => of?.readyState)).toBe("ended");
    await expect.poll(() => page.locator(".view img").count()).toBe(0);
  });

  test("a question about what the camera sees is answered with the picture in mind", async () => {
    page = await openPage(browser, server.url);
    const wire = new Wire(page);
    await start(page);
    const tokensOf = async (): Promise<number> => {
      const before = wire.heard("answer-end").length;
      await ask(page, "What do you see?");
      await expect.poll(() => wire.heard("answer-end").length).toBeGreaterThan(before);
      return wire.heard("answer-end").at(-1)?.timings.promptTokens ?? 0;
    };
    const blind = await tokensOf();
    await page.getByRole("button", { name: "New conversation" }).click();
    await page.getByRole("button", { name: "Camera", exact: true }).click();
    const metrics = new URL("metrics", server.url);
    const isSeeing = /^antiphon_worker_step_ms_count\{worker="seeing"\} [1-9]/mu;
    await expect.poll(async () => await (await fetch(metrics)).text()).toMatch(isSeeing);
    await page.locator(".view img").nth(2).waitFor();
    const seeing = await tokensOf();
    console.log(
      `${blind} tokens without the camera, ${seeing} with it:`,
      await (await answer(page)).innerText(),
    );
    expect(seeing).toBeGreaterThan(blind + 8);
    await keepPicture(page, "page-sight");
  });

  test("a line that breaks is mended, and the conversation goes on with its history", async () => {
    const line = await BreakableLine.to(server.url);
    try {
      page = await openPage(browser, line.url);
      await start(page);
      await ask(page, "What is rain?");
      await answer(page);
      line.cut();
      await page.getByText("the conversation goes on").waitFor({ timeout: ANSWER_MS });
      await ask(page, "What is snow?");
      await answer(page, 1);
      expect(await page.locator(".said.user").allInnerTexts()).toHaveLength(2);
    } finally {
      line.close();
    }
  });

  test("a server that dies and comes back is said so, and the conversation can go on", async () => {
    page = await openPage(browser, server.url);
    await start(page);
    await ask(page, "What is bread?");
    await answer(page);
    const port = Number(new URL(server.url).port);
    await server.kill();
    await page.getByText("Connection lost").waitFor();
    server = await ServerProcess.start(port);
    await page.getByText("a new one has begun").waitFor({ timeout: ANSWER_MS });
    await ask(page, "What is butter?");
    await answer(page, 1);
    expect(await page.locator(".said.user").first().innerText()).toContain("bread");
  });
});
