import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { browserPath } from "../../bench/page/browser.ts";
import { projectFile } from "../../src/project.ts";
import { fakeDevices } from "./browser.ts";
import { start, violations } from "./person.ts";
import { shareBrowser } from "./scene.ts";
import { ScriptedServer } from "./scripted-server.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const timings = {
  endOfTurnMs: 300,
  firstTokenMs: 500,
  firstAudioMs: 700,
  revisions: 0,
  discarded: 0,
  discardedMs: 0,
};

let server: ScriptedServer;
let page: Page;

describe.skipIf(browserPath === undefined)("the page on a phone", () => {
  const browser = shareBrowser(() => fakeDevices(projectFile("examples/question.wav")));
  beforeAll(async () => {
    server = await ScriptedServer.start();
  });
  afterAll(async () => {
    await server.vanish();
  });

  test("what matters comes first: state, talking, what is said, typing, sight, and only then figures", async () => {
    page = await browser.open(server.url, PHONE);
    const inOrder = [
      page.locator(".stage .status"),
      page.getByRole("button", { name: "Start talking" }),
      page.locator(".transcript"),
      page.getByLabel("Type instead of speaking"),
      page.getByRole("button", { name: "Picture…" }),
      page.locator("svg.timeline"),
    ];
    const tops = await Promise.all(inOrder.map(topOf));
    for (const [index, top] of tops.entries()) {
      expect(top, `place ${index}`).toBeLessThan(Infinity);
      expect(top, `place ${index}`).toBeGreaterThan(tops[index - 1] ?? -1);
    }
    // All that one needs to begin is seen without scrolling.
    for (const place of inOrder.slice(0, 4)) await expectInView(place);
  });

  test.each([360, 320])(
    "nothing makes it scroll sideways at %i pixels, however long words are",
    async (width) => {
      page = await browser.open(server.url, { ...PHONE, viewport: { width, height: 740 } });
      await start(page);
      const text = `${"W".repeat(300)} and ${"一".repeat(300)}`;
      server.say({ type: "transcript-end", turn: 1, text });
      server.say({ type: "answer-start", turn: 1, seat: 0 });
      server.say({ type: "answer-end", turn: 1, outcome: "completed", text, timings });
      await page.locator(".turn-bars li").first().waitFor();
      await page.getByRole("button", { name: "Camera", exact: true }).click();
      await page.locator(".view img").first().waitFor();
      for (const mode of ["Push to talk", "Hands-free"]) {
        await page.getByText(mode, { exact: true }).click();
        expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      }
      expect(await violations(page)).toEqual([]);
      await expectInView(page.locator(".stage .status"));
    },
  );
});

async function topOf(place: Locator): Promise<number> {
  return (await place.boundingBox())?.y ?? Infinity;
}

async function expectInView(place: Locator): Promise<void> {
  const box = await place.boundingBox();
  expect(box).not.toBeNull();
  expect(box!.y).toBeGreaterThanOrEqual(0);
  expect(box!.y + box!.height).toBeLessThanOrEqual(PHONE.viewport.height);
}

async function overflowOf(of: Page): Promise<number> {
  return await of.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}
