import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";

import { browserPath } from "../../bench/page/browser.ts";
import { projectFile } from "../../src/project.ts";
import { fakeModels, PHRASES } from "../support/fake-models.ts";
import { fakeDevices } from "./browser.ts";
import { answer, status } from "./person.ts";
import { shareBrowser, shareServer } from "./scene.ts";

/** More steps than there are places to go. */
const MOST_TABS = 60;

let page: Page;

describe.skipIf(browserPath === undefined)("the page without a mouse", () => {
  const url = shareServer(fakeModels(PHRASES[440]));
  const browser = shareBrowser(() => fakeDevices(projectFile("examples/question.wav")));

  test("Tab comes to everything that can be used, and shows where it is", async () => {
    page = await browser.open(url());
    await page.evaluate(nameThings);
    expect(await walk(page)).toEqual(await usable(page));
    await tabTo(page, "Start talking");
    await page.keyboard.press("Enter");
    await expect.poll(() => status(page)).toBe("Listening");
    await tabTo(page, "Camera");
    await page.keyboard.press("Enter");
    await page.locator(".view img").first().waitFor();
    const known = await usable(page);
    expect(known.length).toBeGreaterThan(14);
    expect(await walk(page)).toEqual(known);
    await tabTo(page, "Settings");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    expect(await walk(page)).toEqual(await usable(page));
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  });

  test("a conversation is begun, held, stopped and ended", async () => {
    page = await browser.open(url());
    await tabTo(page, "Start talking");
    await page.keyboard.press("Enter");
    await expect.poll(() => status(page)).toBe("Listening");
    await tabTo(page, "Type instead of speaking");
    await page.keyboard.type("Tell me a long story about the sea, the wind, the sand and all the ships");
    await page.keyboard.press("Enter");
    await answer(page);
    await tabTo(page, "Stop speaking");
    await page.keyboard.press("Space");
    await page.locator(".said.assistant .tag", { hasText: "stopped" }).waitFor();
    await tabTo(page, "Type instead of speaking");
    await page.keyboard.type("And the end?");
    await page.keyboard.press("Enter");
    expect(await (await answer(page, 1)).innerText()).toContain("And the end?");
    await tabTo(page, "Hang up");
    await page.keyboard.press("Enter");
    await expect.poll(() => status(page)).toBe("Ready when you are");
  });
});

/** Steps with Tab to what is called so. */
async function tabTo(of: Page, name: string): Promise<void> {
  for (let tabs = 0; tabs < MOST_TABS; tabs++) {
    await of.keyboard.press("Tab");
    const isThere = await of.evaluate((wanted) => {
      const focused = document.activeElement;
      return [focused?.getAttribute("aria-label"), focused?.textContent].includes(wanted);
    }, name);
    if (isThere) return;
  }
  throw new Error(`Tab never comes to "${name}"`);
}

/** Where Tab comes to in one round, sorted; with "(unseen)" where nothing shows that it is there. */
async function walk(of: Page): Promise<string[]> {
  const places = new Set<string>();
  for (let tabs = 0; tabs < MOST_TABS; tabs++) {
    await of.keyboard.press("Tab");
    const place = await of.evaluate(() => {
      const focused = document.activeElement;
      if (focused === null || focused === document.body) return undefined;
      // A radio button is drawn by what stands beside it.
      const drawn = focused.matches("[type=radio]") ? focused.nextElementSibling : focused;
      const { outlineStyle, outlineWidth } = getComputedStyle(drawn ?? focused);
      const box = (drawn ?? focused).getBoundingClientRect();
      const isShown =
        outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && box.width > 0 && box.height > 0;
      const isInView = box.bottom > 0 && box.top < innerHeight;
      const name = globalThis.placeName(focused);
      return isShown && isInView ? name : `${name} (unseen)`;
    });
    if (place !== undefined) places.add(place);
  }
  return [...places].sort();
}

/** What can be used, sorted; of radio buttons the one that is chosen, from which arrows go on. */
async function usable(of: Page): Promise<string[]> {
  return await of.evaluate(() => {
    const root = document.querySelector("dialog[open]") ?? document;
    const all = root.querySelectorAll("button, input, select, textarea, a[href], summary, [tabindex='0']");
    // A dialog that is longer than its window is scrolled by keys.
    const isLong = root instanceof Element && root.scrollHeight > root.clientHeight;
    return [...(isLong ? [root] : []), ...all]
      .filter(
        (element) => element.checkVisibility() && !element.matches(":disabled, [type=radio]:not(:checked)"),
      )
      .map((element) => globalThis.placeName(element))
      .sort();
  });
}

declare global {
  /** What a thing of the page is and how it is called. */
  var placeName: (element: Element) => string;
}

/** Runs in the page. */
function nameThings(): void {
  globalThis.placeName = (element) =>
    `${element.localName} ${element.getAttribute("aria-label") ?? element.closest("label")?.textContent ?? element.textContent}`;
}
