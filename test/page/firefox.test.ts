import type { Browser } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { readAudioFile } from "../../src/audio-files.ts";
import { projectFile } from "../../src/project.ts";
import { fakeModels, PHRASES } from "../support/fake-models.ts";
import { missingForSoundCard, SoundCard } from "../support/sound-card.ts";
import { FirefoxVisitor, missingForFirefox, openFirefox } from "./firefox.ts";
import { shareServer } from "./scene.ts";

const missing = missingForFirefox ?? missingForSoundCard;
if (missing !== undefined)
  console.warn(`${missing} is not installed: the tests of the page in Firefox are skipped`);

const CARD_RATE = 24_000;
/** As many seconds of the newest sound tell whether it still sounds. */
const TAIL_SAMPLES = CARD_RATE / 2;

let card: SoundCard;
let browser: Browser;
let visitor: FirefoxVisitor;

const loudest = (samples: Float32Array): number =>
  samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
const played = (): number => loudest(card.played().subarray(-TAIL_SAMPLES));

/** Nothing of a browser is replaced: the microphone and the loudspeaker are those of a sound card of software. */
describe.skipIf(missing !== undefined)("the page in Firefox", () => {
  const url = shareServer(fakeModels(PHRASES[440]));
  beforeAll(async () => {
    card = await SoundCard.plugIn();
    browser = await openFirefox(card.environment);
  });
  afterAll(async () => {
    await browser.close();
    await card.unplug();
  });
  afterEach(async () => {
    await visitor.page.close();
    expect(visitor.complaints).toEqual([]);
  });

  test("what is said into the microphone is answered, in words and out of the loudspeaker", async () => {
    visitor = await FirefoxVisitor.open(browser, url());
    await visitor.press("Start talking");
    await visitor.reads(".stage .status", "Listening");
    await card.say(await readAudioFile(projectFile("examples/question.wav"), CARD_RATE));
    await visitor.reads(".said.user", PHRASES[440]);
    await visitor.reads(".said.assistant", "Paris");
    await expect.poll(played).toBeGreaterThan(0.01);
    await visitor.reads(".stage .status", "Listening");
  });

  test("the stop button silences the loudspeaker", async () => {
    visitor = await FirefoxVisitor.open(browser, url());
    await visitor.press("Start talking");
    await visitor.reads(".stage .status", "Listening");
    await visitor.ask(
      "Tell me of the mountains, the sea, the wind, the sand and all who live there with their animals.",
    );
    await expect.poll(played).toBeGreaterThan(0.01);
    await visitor.press("Stop speaking");
    await visitor.reads(".stage .status", "Interrupted");
    await expect.poll(played).toBeLessThan(0.001);
  });

  test("one can write before anybody has started to talk, and is told that there is no camera", async () => {
    visitor = await FirefoxVisitor.open(browser, url());
    await visitor.ask("What is milk?");
    await visitor.reads(".said.assistant", "You said What is milk?");
    await visitor.press("Camera");
    await visitor.reads("[role=alert]", "There is no camera.");
  });
});
