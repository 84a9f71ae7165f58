import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import type Axe from "axe-core";
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** A limit for what hangs. */
export const ANSWER_MS = 90_000;
const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** With a folder in this variable, the pictures of the README are made anew there. */
const pictures = process.env["ANTIPHON_PICTURES"];

export async function start(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start talking" }).click();
  await expect.poll(() => status(page)).toMatch(/Listening|Hearing you/u);
}

export async function ask(page: Page, text: string): Promise<void> {
  await page.getByLabel("Type instead of speaking").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

/** Waits for the words of an answer, of which none may be there when it begins. */
export async function answer(page: Page, index = 0): Promise<Locator> {
  const words = page.locator(".said.assistant > span").nth(index);
  await words.filter({ hasText: /\w/u }).waitFor({ timeout: ANSWER_MS });
  return words;
}

export async function status(page: Page): Promise<string> {
  return await page.locator(".stage .status").innerText();
}

export async function outputLevel(page: Page): Promise<number> {
  return await page.evaluate(() => globalThis.instruments.outputLevel());
}

/** What axe-core has against the page, by the rules of WCAG A and AA. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof Axe };
    const found = await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
}

export async function keepPicture(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png` });
}
