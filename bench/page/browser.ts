import { existsSync } from "node:fs";

import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

import { instrument, noteLongTasks, replaceMicrophone } from "./instruments.ts";

const CANDIDATES = [
  process.env["CHROMIUM_PATH"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** Where a browser is installed, if one is. */
export const browserPath = CANDIDATES.find((path) => path !== "" && existsSync(path));

const QUIET_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A microphone that says a WAV once, from when it is opened, and is silent afterwards; nobody is asked for it. */
export function fakeMicrophone(wav: string): string[] {
  return [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${wav}%noloop`,
  ];
}

export async function openBrowser(flags: readonly string[] = []): Promise<Browser> {
  return await chromium.launch({ executablePath: browserPath ?? "", args: [...QUIET_FLAGS, ...flags] });
}

/** With `ownMicrophone` the page's microphone says what the instruments `speak`. */
export interface PageOptions extends BrowserContextOptions {
  readonly ownMicrophone?: boolean;
}

/** An empty page in a context of its own, whose further pages are instrumented, too. */
export async function openInstrumented(browser: Browser, options: PageOptions = {}): Promise<Page> {
  const { ownMicrophone = true, ...rest } = options;
  const viewport = { width: 1280, height: 860 };
  const context = await browser.newContext({ viewport, locale: "en-GB", ...rest });
  await context.addInitScript(instrument);
  await context.addInitScript(noteLongTasks);
  if (ownMicrophone) await context.addInitScript(replaceMicrophone);
  return await context.newPage();
}
