import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { browserPath, openBrowser } from "../../bench/page/browser.ts";
import { projectFile } from "../../src/project.ts";
import { complaints, fakeDevices, openPage } from "./browser.ts";
import { start, status, violations } from "./person.ts";
import { ScriptedServer } from "./scripted-server.ts";

let server: ScriptedServer;
let browser: Browser;
let page: Page;

describe.skipIf(browserPath === undefined)("a server that asks for a key", () => {
  beforeAll(async () => {
    server = await ScriptedServer.start();
    browser = await openBrowser(await fakeDevices(projectFile("examples/question.wav")));
  });
  afterAll(async () => {
    await browser.close();
    await server.vanish();
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints.splice(0)).toEqual([]);
  });

  test("is shown the one of the address, which stands there no longer, also after the page is loaded again", async () => {
    page = await openPage(browser, "about:blank");
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
    page = await openPage(browser, server.url);
    const shown = keysOf(page);
    await start(page);
    server.say({ type: "error", code: "unauthorized", message: "no key", fatal: true });
    await page.getByText("This server asks for a key").waitFor();
    await expect.poll(() => status(page)).toBe("Ready when you are");
    expect(await violations(page)).toEqual([]);
    const field = page.locator(".notices").getByLabel("Key of the server");
    expect(await field.getAttribute("type")).toBe("password");
    await field.fill("  open ");
    await page.locator(".notices").getByRole("button", { name: "Use key" }).click();
    await expect.poll(() => page.locator(".notices form").count()).toBe(0);
    await start(page);
    expect(shown()).toEqual([null, "open"]);
  });
});

/** The keys of the conversations that are opened from now on. */
function keysOf(of: Page): () => (string | null)[] {
  const keys: (string | null)[] = [];
  of.on("websocket", (socket) => keys.push(new URL(socket.url()).searchParams.get("api_key")));
  return () => keys;
}
