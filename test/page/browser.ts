import { join } from "node:path";

import type { Browser, Page } from "playwright-core";
import sharp from "sharp";

import { browserPath, fakeMicrophone, openInstrumented, type PageOptions } from "../../bench/page/browser.ts";
import { projectFile } from "../../src/project.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

if (browserPath === undefined)
  console.warn("no Chromium is installed (Debian and Ubuntu: chromium): the tests of the page are skipped");

/** A limit for what hangs; a busy machine may take its time. */
const PATIENCE_MS = 120_000;

/**
 * The browser's own fake devices: a WAV that is heard once, from when the microphone is opened, and a camera before which
 * somebody stands: a single JPEG is a film to Chromium where its name ends so.
 */
export async function fakeDevices(wav: string): Promise<string[]> {
  const film = join(await temporaryFolder(), "view.mjpeg");
  const picture = projectFile("test/fixtures/vision/astronaut.jpg");
  await sharp(picture).resize(640, 480, { fit: "cover" }).jpeg({ progressive: false }).toFile(film);
  return [...fakeMicrophone(wav), `--use-file-for-fake-video-capture=${film}`];
}

/** What the page does wrong without saying so to its user: errors, and what the security policy had to forbid. */
export const complaints: string[] = [];

/** Runs in the page: a browser says nothing of what it forbids to code that expects it. */
export function tellViolations(): void {
  addEventListener("securitypolicyviolation", ({ violatedDirective, sourceFile, lineNumber }) => {
    console.error(`Content Security Policy: ${violatedDirective} forbids ${sourceFile}:${lineNumber}`);
  });
}

/** An instrumented page, whose complaints are noted. */
export async function openPage(browser: Browser, url: string, options: PageOptions = {}): Promise<Page> {
  const page = await openInstrumented(browser, options);
  const context = page.context();
  context.setDefaultTimeout(PATIENCE_MS);
  context.on("weberror", (error) => complaints.push(error.error().message));
  await page.addInitScript(tellViolations);
  context.on("console", (message) => {
    if (message.type() === "error" && message.text().includes("Content Security Policy"))
      complaints.push(message.text());
  });
  await page.goto(url);
  return page;
}
