import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";

import { openBrowser } from "../../bench/page/browser.ts";
import { systemClock } from "../../src/clock.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { openVoiceSession, type SessionModels } from "../../streaming/index.ts";
import { startServer } from "../support/voice-server.ts";
import { complaints, openPage } from "./browser.ts";

type PageOptions = Parameters<typeof openPage>[2];

/** A browser for the tests of a file; after each, its pages are closed, and must have had nothing to complain of. */
export interface SharedBrowser {
  readonly open: (url: string, options?: PageOptions) => Promise<Page>;
}

/** To be called where tests are described. */
export function shareBrowser(startArguments: () => Promise<string[]>): SharedBrowser {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser(await startArguments());
  });
  afterAll(async () => {
    await browser.close();
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(complaints.splice(0)).toEqual([]);
  });
  return { open: (url, options) => openPage(browser, url, options) };
}

/** A server over these models for the tests of a file; returns where its page is. */
export function shareServer(models: SessionModels): () => string {
  let server: VoiceServer;
  beforeAll(async () => {
    server = await startServer((options) => openVoiceSession(models, options, systemClock));
  });
  afterAll(async () => {
    await server.close();
  });
  return () => new URL("/", server.url.replace("ws", "http")).href;
}
