import { readFile } from "node:fs/promises";

import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";

import { browserPath } from "../../bench/page/browser.ts";
import { projectFile } from "../../src/project.ts";
import { fakeModels, PHRASES } from "../support/fake-models.ts";
import { fakeDevices } from "./browser.ts";
import { answer, ask, start, status } from "./person.ts";
import { shareBrowser, shareServer } from "./scene.ts";
import { Wire } from "./wire.ts";

const WAV = projectFile("examples/question.wav");
const question = [...(await readFile(WAV))];

let page: Page;

describe.skipIf(browserPath === undefined)("what one can do on the page beside talking", () => {
  const url = shareServer(fakeModels(PHRASES[440]));
  const browser = shareBrowser(() => fakeDevices(WAV));

  test("who is muted is not heard, and is heard again afterwards", async () => {
    page = await browser.open(url());
    const wire = new Wire(page);
    await start(page);
    const mute = page.getByRole("button", { name: "Mute" });
    await mute.click();
    await expect.poll(() => mute.getAttribute("aria-pressed")).toBe("true");
    await expect.poll(() => status(page)).toBe("Microphone muted");
    await speak(page);
    // An answer to something else shows that all that was sent before it has been listened to.
    await ask(page, "What is salt?");
    await answer(page);
    expect(wire.heard("speech-start")).toEqual([]);
    await expect.poll(() => status(page)).toBe("Microphone muted");
    await mute.click();
    await speak(page);
    await expect.poll(() => wire.heard("speech-start")).toHaveLength(1);
  });

  test("one may mute while it speaks, and it goes on", async () => {
    page = await browser.open(url());
    const wire = new Wire(page);
    await start(page);
    await ask(page, "Tell me of the sea, the wind, the sand and all the ships");
    await expect.poll(() => status(page)).toBe("Speaking");
    await page.getByRole("button", { name: "Mute" }).click();
    await expect.poll(() => wire.heard("answer-end")).toHaveLength(1);
    expect(wire.heard("answer-end")[0]?.outcome).toBe("completed");
    await expect.poll(() => status(page)).toBe("Microphone muted");
  });

  test("a browser that stops the page's sound is said so, and its user lets it go on", async () => {
    page = await browser.open(url());
    await page.evaluate(holdSound);
    await start(page);
    await page.evaluate(async () => {
      await (globalThis as unknown as Held).heldSound.suspend();
    });
    await page.getByText("The browser has stopped the sound").waitFor();
    expect(await status(page)).toBe("Without microphone");
    await page.evaluate(() => {
      (globalThis as unknown as Held).isAllowed = true;
    });
    await page.getByRole("button", { name: "Go on with sound" }).click();
    await expect.poll(() => status(page)).toBe("Listening");
    expect(await page.getByText("The browser has stopped the sound").count()).toBe(0);
  });

  test("what both have said is saved as text", async () => {
    page = await browser.open(url());
    const wire = new Wire(page);
    await start(page);
    await ask(page, "What is tea?");
    await expect.poll(() => wire.heard("answer-end")).toHaveLength(1);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save transcript" }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/^antiphon \d{4}-\d\d-\d\d \d\d\.\d\d\.txt$/u);
    expect(await readFile(await file.path(), "utf8")).toBe(
      "You: What is tea?\nAntiphon: You said What is tea?\n",
    );
  });

  test("the timeline shows what the answer waited for, also to those who listen to the page", async () => {
    page = await browser.open(url());
    await start(page);
    await speak(page);
    const bars = page.locator(".turn-bars ol li");
    await expect.poll(() => bars.count()).toBe(1);
    const parts = await bars
      .locator(".stack i")
      .evaluateAll((all: Element[]) => all.map((part) => part.getAttribute("data-stage")));
    expect(parts).toEqual(["endOfTurn", "transcript", "firstToken", "firstAudio", "network"]);
    const marks = await page
      .locator(".turn-bars .legend i")
      .evaluateAll((all: Element[]) => all.map((mark) => `${mark.clientWidth} x ${mark.clientHeight}`));
    expect(marks).toHaveLength(5);
    expect(new Set(marks).size, marks.join()).toBe(1); // no rule for something else makes one of them grow
    expect(await bars.locator(".unseen").textContent()).toMatch(
      /^turn 1: \d+ ms \(end of turn \d+, transcript \d+, first token \d+, first audio \d+, network \d+\); median \d+ ms$/u,
    );
  });

  test("who wants nothing to move sees nothing move", async () => {
    const motions = async (reducedMotion: "reduce" | "no-preference"): Promise<Motions> => {
      page = await browser.open("about:blank", { reducedMotion });
      await page.route("**/ready", async (route) => {
        await route.fulfill({ status: 503, json: { status: "loading" } });
      });
      await page.goto(url());
      await page.getByRole("button", { name: "Start talking" }).click();
      await expect.poll(() => status(page)).toBe("Loading the models");
      const seen = await page.evaluate(moveRing);
      if (reducedMotion === "no-preference") await page.context().close();
      return seen;
    };
    // The same measure on both, so that it is known to see what moves.
    expect((await motions("no-preference")).ofRing).toBeGreaterThan(0);
    expect(await motions("reduce")).toEqual({ ofRing: 0, all: 0, scale: "none" });
  });
});

interface Motions {
  /** Of the transitions that run, those of the ring that was made to grow or shrink. */
  readonly ofRing: number;
  readonly all: number;
  readonly scale: string;
}

/** Runs in the page, and within one task: what a change of the level sets in motion cannot be over before it is counted. */
function moveRing(): Motions {
  const rings = document.querySelector<HTMLElement>(".rings");
  const ring = document.querySelector(".ring.user");
  if (rings === null || ring === null) throw new Error("the page has no rings");
  // To where it is not already, whatever the microphone hears. Measuring makes styles take effect at once.
  ring.getBoundingClientRect();
  const isLarge = Number(rings.style.getPropertyValue("--level-user")) > 0.5;
  rings.style.setProperty("--level-user", isLarge ? "0" : "1");
  const scale = getComputedStyle(ring).transform;
  const running = document.getAnimations();
  const ofRing = running.filter(
    (motion) =>
      motion instanceof CSSTransition &&
      motion.effect instanceof KeyframeEffect &&
      motion.effect.target === ring,
  );
  return { ofRing: ofRing.length, all: running.length, scale };
}

async function speak(of: Page): Promise<void> {
  await of.evaluate(async (wav) => {
    await globalThis.instruments.speak(wav);
  }, question);
}

/** The page's sound, and whether the browser lets it go on once it has been stopped. */
interface Held {
  heldSound: AudioContext;
  isAllowed: boolean;
}

/** Runs in the page: from now on sound that was stopped, as by a call on a phone, goes on only where that is allowed. */
function holdSound(): void {
  const held = globalThis as unknown as Held;
  const resume = Reflect.get(AudioContext.prototype, "resume");
  AudioContext.prototype.resume = async function (this: AudioContext) {
    if ((held.heldSound as AudioContext | undefined) === undefined) held.heldSound = this;
    else if (!held.isAllowed) throw new DOMException("not now", "NotAllowedError");
    await resume.call(this);
  };
}
