import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

import puppeteer, { type Browser, type Page } from "puppeteer-core";

import { tellViolations } from "./browser.ts";

const CANDIDATES = [process.env["FIREFOX_PATH"] ?? "", "/usr/bin/firefox-esr", "/usr/bin/firefox"];

/** Where a Firefox is installed, if one is. */
const firefoxPath = CANDIDATES.find((path) => path !== "" && existsSync(path));

/** What drives it sets a viewport by commands that came with this version. */
const OLDEST_VERSION = 144;

/** What is missing for Firefox to be driven, in words, if something is. */
export const missingForFirefox = firefoxPath === undefined ? "firefox-esr" : tooOld(firefoxPath);

function tooOld(path: string): string | undefined {
  const told = execFileSync(path, ["--version"], { encoding: "utf8" });
  const version = Number(/Firefox (\d+)/u.exec(told)?.[1] ?? OLDEST_VERSION);
  return version < OLDEST_VERSION ? `Firefox ${OLDEST_VERSION} or newer (this is ${version})` : undefined;
}

/** Firefox as it is installed, over WebDriver BiDi; pages may use the microphone and loudspeaker of `environment`. */
export async function openFirefox(environment: Readonly<Record<string, string>>): Promise<Browser> {
  return await puppeteer.launch({
    browser: "firefox",
    executablePath: firefoxPath ?? "",
    env: { ...process.env, ...environment },
    extraPrefsFirefox: { "media.navigator.permission.disabled": true },
  });
}

/** A person in front of the page in Firefox. Everything is waited for; what the page does wrong is kept. */
export class FirefoxVisitor {
  /** Errors, and what the security policy had to forbid. */
  readonly complaints: string[] = [];
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (error) => {
      this.complaints.push(String(error));
    });
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) this.complaints.push(message.text());
    });
  }

  static async open(browser: Browser, url: string): Promise<FirefoxVisitor> {
    const visitor = new FirefoxVisitor(await browser.newPage());
    await visitor.page.setViewport({ width: 1280, height: 860 });
    await visitor.page.evaluateOnNewDocument(tellViolations);
    await visitor.page.goto(url);
    return visitor;
  }

  async press(button: string): Promise<void> {
    await this.page.locator(`::-p-aria([name="${button}"][role="button"])`).click();
  }

  async ask(text: string): Promise<void> {
    await this.page.locator(`::-p-aria([name="Type instead of speaking"])`).fill(text);
    await this.press("Send");
  }

  /** Waits until something on the page says so. */
  async reads(selector: string, text: string): Promise<void> {
    await this.page.waitForFunction(
      (where, what) =>
        [...document.querySelectorAll<HTMLElement>(where)].some((e) => e.innerText.includes(what)),
      {},
      selector,
      text,
    );
  }
}
