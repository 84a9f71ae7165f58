import type { Browser } from "playwright-core";

import { pause } from "../bench.ts";
import { openInstrumented } from "./browser.ts";
import { Visitor } from "./visitor.ts";

/** How long a browser at rest is watched, and before anybody talks. */
export const REST_MS = 120_000;
export const UNUSED_MS = 30_000;
/** What a page does when it has been opened is done by then. */
const SETTLING_MS = 5000;
/** Until the question has been answered and the timeline has nothing to show any more. */
const CALM_MS = 45_000;

/** Shares of one core, of the whole browser and of its page processes. */
interface Rest {
  readonly allPercent: number;
  readonly pagePercent: number;
}

/** The browser when nobody has talked to the page yet, when it hears nothing any more, and with a page that has nothing but a microphone. */
export interface Rests {
  readonly before: Rest;
  readonly listening: Rest;
  readonly bare: Rest;
}

interface Place {
  readonly browser: Browser;
  readonly url: string;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

/** Takes some six minutes. */
export async function measureRests(place: Place): Promise<Rests> {
  place.note("at rest");
  const { browser, url, signal } = place;
  const visitor = new Visitor(await openInstrumented(browser, { ownMicrophone: false }), signal);
  await visitor.page.goto(url);
  await pause(SETTLING_MS, signal);
  const before = await measureRest(browser, UNUSED_MS, signal);
  await visitor.come(url);
  await pause(CALM_MS, signal);
  await visitor.untilListening();
  const listening = await measureRest(browser, REST_MS, signal);
  await visitor.page.context().close();
  return { before, listening, bare: await measureBare(place) };
}

/** What a browser costs that has a microphone open, with the echo cancellation that the page asks for, and plays silence. */
async function measureBare({ browser, url, signal, note }: Place): Promise<Rest> {
  note("at rest, without the page");
  const page = await openInstrumented(browser, { ownMicrophone: false });
  await page.goto(new URL("/health", url).href);
  await page.evaluate(listen);
  await pause(SETTLING_MS, signal);
  const rest = await measureRest(browser, REST_MS, signal);
  await page.context().close();
  return rest;
}

/** Runs in the page. Sent as text; needs nothing else. */
async function listen(): Promise<void> {
  const { navigator, AudioContext } = globalThis as unknown as {
    readonly navigator: {
      readonly mediaDevices: { getUserMedia: (constraints: unknown) => Promise<unknown> };
    };
    readonly AudioContext: new () => {
      readonly destination: unknown;
      createMediaStreamSource: (stream: unknown) => { connect: (node: unknown) => void };
      createGain: () => { readonly gain: { value: number }; connect: (node: unknown) => void };
      resume: () => Promise<void>;
    };
  };
  const devices = navigator.mediaDevices;
  const open = (echoCancellation: unknown): Promise<unknown> =>
    devices.getUserMedia({
      audio: { channelCount: 1, echoCancellation, noiseSuppression: true, autoGainControl: true },
    });
  const stream = await open("all").catch(() => open(true));
  const context = new AudioContext();
  const silence = context.createGain();
  silence.gain.value = 0;
  context.createMediaStreamSource(stream).connect(silence);
  silence.connect(context.destination);
  await context.resume();
}

async function measureRest(browser: Browser, durationMs: number, signal: AbortSignal): Promise<Rest> {
  const devtools = await browser.newBrowserCDPSession();
  const seconds = async (): Promise<{ readonly all: number; readonly pages: number }> => {
    const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
    const sum = (infos: typeof processInfo): number =>
      infos.reduce((total, { cpuTime }) => total + cpuTime, 0);
    return { all: sum(processInfo), pages: sum(processInfo.filter(({ type }) => type === "renderer")) };
  };
  const before = await seconds();
  await pause(durationMs, signal);
  const after = await seconds();
  await devtools.detach();
  const percent = (used: number): number => (100 * used * 1000) / durationMs;
  return { allPercent: percent(after.all - before.all), pagePercent: percent(after.pages - before.pages) };
}
