import type { JSHandle, Page } from "playwright-core";
import sharp from "sharp";
import { describe, expect, test } from "vitest";

import { browserPath } from "../../bench/page/browser.ts";
import { FakeSight, FakeTextReader } from "../../models/fakes/index.ts";
import type { PictureDecoder } from "../../streaming/index.ts";
import { fakeModels } from "../support/fake-models.ts";
import { start, violations } from "./person.ts";
import { dropPicture, pictureFrames } from "./pictures.ts";
import { shareBrowser, shareServer } from "./scene.ts";
import { Wire } from "./wire.ts";

const SIDE = 16;

/** Decodes what the browser made, so that what the scripted eyes see is what was shown. */
const decoder: PictureDecoder = {
  decode: async (bytes) => {
    const image = sharp(bytes).resize(SIDE, SIDE, { fit: "fill" }).removeAlpha();
    return { width: SIDE, height: SIDE, rgb: new Uint8Array(await image.raw().toBuffer()) };
  },
};

let page: Page;

describe.skipIf(browserPath === undefined)("what the page shows to the assistant", () => {
  // Dark pictures and light ones: JPEG changes a grey by a step or two.
  const sight = new FakeSight((grey) => (grey < 128 ? "night" : "day"));
  const url = shareServer({ ...fakeModels(), sight: { decoder, sight, reader: new FakeTextReader() } });
  const browser = shareBrowser(() =>
    Promise.resolve([
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream=device-count=2",
      "--auto-select-desktop-capture-source=Entire screen",
    ]),
  );

  test("a picture that is dropped is sent, and what the assistant makes of it stands beside it", async () => {
    page = await browser.open(url());
    const wire = new Wire(page);
    await start(page);
    for (const [grey, name] of [
      [20, "night"],
      [240, "day"],
    ] as const) {
      await dropPicture(page, await plainPicture(grey), "image/png");
      const seen = page.locator(".seen");
      await seen.getByText(`${name}: 90 %`).waitFor();
      expect(await seen.getByRole("img", { name: /^Sent/u }).evaluate(greyOf)).toBeCloseTo(grey, -1);
    }
    expect(wire.heard("view").at(-1)).toMatchObject({ isSure: true, people: 0 });
    expect(await violations(page)).toEqual([]);
  });

  test("what is dropped and is no picture is said so, and the page stays", async () => {
    page = await browser.open(url());
    await start(page);
    await dropPicture(page, [1, 2, 3], "image/png");
    await page.getByText("no picture that the browser reads").waitFor();
    expect(page.url()).toBe(url());
  });

  test("a screen is shared, sent and shown, and is over when its sharing ends", async () => {
    page = await browser.open(url());
    const sent = pictureFrames(page);
    await start(page);
    await page.getByRole("button", { name: "Screen", exact: true }).click();
    await page.locator(".view img").first().waitFor();
    expect(sent()).toContain("picture");
    expect(await page.getByRole("button", { name: "Screen", exact: true }).getAttribute("aria-pressed")).toBe(
      "true",
    );
    const track = await shownTrack(page);
    expect(
      await track.evaluate((of) => (of.getSettings() as { displaySurface?: string }).displaySurface),
    ).toBe("monitor");
    // Nobody can click on the browser's own bar here; the track says the same when somebody does.
    await track.evaluate((of) => of.dispatchEvent(new Event("ended")));
    await expect.poll(() => page.locator(".view").count()).toBe(0);
    expect(await track.evaluate((of) => of.readyState)).toBe("ended");
    expect(await page.getByRole("alert").locator("p").count()).toBe(0);
  });

  test("the other camera takes the place of the first, which goes out, and is remembered", async () => {
    page = await browser.open(url());
    await start(page);
    await page.getByRole("button", { name: "Camera", exact: true }).click();
    const first = await shownTrack(page);
    const firstDevice = await deviceOf(first);
    await page.getByRole("button", { name: "Other camera" }).click();
    await expect.poll(() => first.evaluate((of) => of.readyState)).toBe("ended");
    await expect.poll(async () => await deviceOf(await shownTrack(page))).not.toBe(firstDevice);
    const secondDevice = await deviceOf(await shownTrack(page));
    await page.getByRole("button", { name: "Switch off" }).click();
    await page.getByRole("button", { name: "Camera", exact: true }).click();
    expect(await deviceOf(await shownTrack(page))).toBe(secondDevice);
  });
});

async function plainPicture(grey: number): Promise<number[]> {
  const background = { r: grey, g: grey, b: grey };
  return [
    ...(await sharp({ create: { width: 64, height: 64, channels: 3, background } })
      .png()
      .toBuffer()),
  ];
}

/** The film that is shown, as soon as there is one. */
async function shownTrack(of: Page): Promise<JSHandle<MediaStreamTrack>> {
  await of.waitForFunction(() => document.querySelector("video")?.srcObject instanceof MediaStream);
  return await of.evaluateHandle(() => {
    const [track] = (document.querySelector("video")?.srcObject as MediaStream).getVideoTracks();
    if (track === undefined) throw new Error("the stream shows nothing");
    return track;
  });
}

async function deviceOf(track: JSHandle<MediaStreamTrack>): Promise<string | undefined> {
  return await track.evaluate((of) => of.getSettings().deviceId);
}

/** Runs in the page: how light the middle of a picture is. */
function greyOf(element: Element): number {
  const context = document.createElement("canvas").getContext("2d");
  context?.drawImage(element as HTMLImageElement, 0, 0);
  return context?.getImageData(8, 8, 1, 1).data[0] ?? -1;
}
