import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, test } from "vitest";

import { browserPath, fakeMicrophone, openBrowser } from "../../bench/page/browser.ts";
import { systemClock } from "../../src/clock.ts";
import { projectFile } from "../../src/project.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { fakeModels, PHRASES } from "../support/fake-models.ts";
import { startServer } from "../support/voice-server.ts";

test.skipIf(browserPath === undefined)(
  "the example for the browser hears a question and plays the answer (skipped where no Chromium is installed)",
  async () => {
    const pages = createServer((_request, response) => {
      response.setHeader("content-type", "text/html").end(readFileSync(projectFile("examples/browser.html")));
    }).listen(0, "127.0.0.1");
    await once(pages, "listening");
    const origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    const models = fakeModels(PHRASES[440]);
    const server = await startServer((options) => openVoiceSession(models, options, systemClock), {
      allowedOrigins: [origin],
    });
    const browser = await openBrowser(fakeMicrophone(projectFile("examples/question.wav")));
    try {
      const page = await browser.newPage();
      const failures: string[] = [];
      page.on("pageerror", (error) => failures.push(error.message));
      await page.goto(`${origin}/browser.html?server=${encodeURIComponent(server.url)}`);
      await page.getByRole("button", { name: "Talk" }).click();
      await page.getByText("answer-end: The capital of France is Paris.").waitFor();
      expect(await page.locator("pre").innerText()).toContain(`transcript-end: ${PHRASES[440]}`);
      expect(failures).toEqual([]);
    } finally {
      await browser.close();
      await server.close();
      pages.close();
    }
  },
);
