import { readFile } from "node:fs/promises";

import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";

import { browserPath } from "../../bench/page/browser.ts";
import { readWav } from "../../audio/index.ts";
import { projectFile } from "../../src/project.ts";
import { fakeModels, PHRASES } from "../support/fake-models.ts";
import { answer, ask, start, status } from "./person.ts";
import { shareBrowser, shareServer } from "./scene.ts";
import { Wire } from "./wire.ts";

const question = [...(await readFile(projectFile("examples/question.wav")))];

let page: Page;

describe.skipIf(browserPath === undefined)("the page of a server whose models are scripted", () => {
  const url = shareServer(fakeModels(PHRASES[440]));
  const browser = shareBrowser(
    // There is a microphone, and nobody who would allow it.
    () => Promise.resolve(["--use-fake-device-for-media-stream", "--deny-permission-prompts"]),
  );

  test("who denies the microphone is told what to do, can type, and is heard once it is allowed", async () => {
    page = await browser.open(url(), { ownMicrophone: false });
    await page.getByRole("button", { name: "Start talking" }).click();
    await expect
      .poll(() => page.getByRole("alert").locator("p").innerText())
      .toBe(
        "The browser may not use the microphone. Allow it in the address bar, then click “Try the microphone again”. You can type meanwhile.",
      );
    await expect.poll(() => status(page)).toBe("Without microphone");
    await ask(page, "What is milk?");
    expect(await (await answer(page)).innerText()).toContain("You said What is milk?");
    await page.context().grantPermissions(["microphone"]);
    await page.getByRole("button", { name: "Try the microphone again" }).click();
    await expect.poll(() => page.getByRole("alert").locator("p").count()).toBe(0);
    await expect.poll(() => status(page)).toMatch(/Listening|Hearing|Thinking|Speaking/u);
  });

  test("of two tabs neither hears what is said to the other, nor what the other is answered", async () => {
    page = await browser.open(url());
    const other = await page.context().newPage();
    const tabs = [page, other] as const;
    const wires = tabs.map((tab) => new Wire(tab));
    await other.goto(url());
    await start(page);
    await start(other);
    for (const [asked, silent] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const heardBefore = wires[silent]!.received.filter(({ type }) => type !== "pong").length;
      for (const tab of tabs) await tab.evaluate(notePeak);
      await tabs[asked].evaluate(async (wav) => {
        await globalThis.instruments.speak(wav);
      }, question);
      await expect.poll(() => wires[asked]!.heard("answer-end")).toHaveLength(1);
      await expect.poll(() => status(tabs[asked])).toBe("Listening");
      // The same measure on both: what shows nothing on one has shown the answer on the other.
      expect(await tabs[asked].evaluate(peakSince)).toBeGreaterThan(0.01);
      expect(await tabs[silent].evaluate(peakSince)).toBe(0);
      expect(wires[silent]!.received.filter(({ type }) => type !== "pong")).toHaveLength(heardBefore);
    }
    expect(await other.locator(".said.assistant").count()).toBe(1);
  });

  test("a recording is saved as a WAV with the user on the left and the assistant on the right", async () => {
    page = await browser.open(url());
    const wire = new Wire(page);
    await page.getByRole("button", { name: "Record both sides" }).click();
    await start(page);
    await page.evaluate(async (wav) => {
      await globalThis.instruments.speak(wav);
    }, question);
    await expect.poll(() => wire.heard("answer-end")).toHaveLength(1);
    await expect.poll(() => status(page)).toBe("Listening");
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save recording" }).click();
    const { sampleRate, channels } = readWav(await readFile(await (await download).path()));
    expect(sampleRate).toBe(16_000);
    expect(channels).toHaveLength(2);
    const onsets = channels.map((samples) => samples.findIndex((sample) => Math.abs(sample) > 0.05));
    expect(onsets[0]).toBeGreaterThanOrEqual(0);
    expect(onsets[1]).toBeGreaterThan(onsets[0]!);
  });
});

/** The loudest that went to this tab's loudspeaker since `notePeak`. */
interface Peak {
  peakLevel: number;
  peakTimer: ReturnType<typeof setInterval> | undefined;
}

/** Runs in the page. */
function notePeak(): void {
  const peak = globalThis as unknown as Peak;
  clearInterval(peak.peakTimer);
  peak.peakLevel = 0;
  peak.peakTimer = setInterval(() => {
    peak.peakLevel = Math.max(peak.peakLevel, globalThis.instruments.outputLevel());
  }, 5);
}

/** Runs in the page. */
function peakSince(): number {
  return (globalThis as unknown as Peak).peakLevel;
}
