import { readFile } from "node:fs/promises";

import type { Browser } from "playwright-core";

import { projectFile } from "../../src/project.ts";
import { readAudioFile } from "../../src/audio-files.ts";
import { type BenchOptions, type Findings, pause, withCleanup } from "../bench.ts";
import { LIMITS } from "../limits.ts";
import { series, single } from "../report.ts";
import { ServerProgram } from "../server-program.ts";
import { browserPath, fakeMicrophone, openBrowser, openInstrumented } from "./browser.ts";
import { measureRests, REST_MS, type Rests, UNUSED_MS } from "./rest.ts";
import { Visitor } from "./visitor.ts";

const QUESTION = "examples/question.wav";
const STORIES = ["the sea and the wind", "the mountains", "a fox", "the moon", "an old house"];
const CONVERSATION_MS = 180_000;
const SETTLING_TURNS = 10;
const HEAP_TURNS = 100;
/** By then the answer to an interruption has begun. */
const AFTERMATH_MS = 3000;

interface Place extends BenchOptions {
  readonly browser: Browser;
  readonly url: string;
  /** The question as a file's bytes, and where in it the voice begins. */
  readonly question: { readonly wav: number[]; readonly onsetMs: number };
}

/** The page in a real browser beside the real server: how fast, how smooth, how frugal. */
export async function measurePage(options: BenchOptions): Promise<Findings> {
  if (browserPath === undefined) throw new Error("no Chromium is installed (Debian and Ubuntu: chromium)");
  return await withCleanup(async (defer) => {
    const server = await ServerProgram.start(options.pack, options.signal);
    defer(() => server.stop());
    const browser = await openBrowser(fakeMicrophone(projectFile(QUESTION)));
    defer(() => browser.close());
    const place = { ...options, browser, url: server.page, question: await readQuestion() };
    const paintsMs = await measureFirstPaint(place);
    const interruptions = await measureInterruptions(place);
    const conversation = await measureConversation(place);
    const growthMb = await measureHeap(place);
    const rests = await measureRests(place);
    return report(options, { paintsMs, interruptions, conversation, growthMb, rests });
  });
}

interface Measured {
  readonly paintsMs: readonly number[];
  readonly interruptions: Awaited<ReturnType<typeof measureInterruptions>>;
  readonly conversation: Awaited<ReturnType<typeof measureConversation>>;
  readonly growthMb: number;
  readonly rests: Rests;
}

function report({ pack, runs }: BenchOptions, measured: Measured): Findings {
  const { paintsMs, interruptions, conversation, growthMb, rests } = measured;
  const { firstPaint, pageSilence, longTask, underruns, heapGrowth, idlePage } = LIMITS;
  return {
    settings: {
      pack,
      trials: runs,
      conversationSeconds: CONVERSATION_MS / 1000,
      restSeconds: REST_MS / 1000,
    },
    figures: [
      series("first paint", "ms", paintsMs, firstPaint[pack]),
      series("silence after the stop button", "ms", interruptions.byButtonMs, pageSilence[pack]),
      series("silence after the first sound of a voice", "ms", interruptions.byVoiceMs, pageSilence[pack]),
      single("answers that a voice did not end", "answers", interruptions.unmoved),
      single(
        "longest task of the page's thread",
        "ms",
        Math.max(0, ...conversation.longTasksMs),
        longTask[pack],
      ),
      single("  tasks over 50 ms", "tasks", conversation.longTasksMs.length),
      single("turns of that conversation", "turns", conversation.turns),
      single("  gaps in its playback", "gaps", conversation.underruns, underruns[pack]),
      single(`growth of the page's heap over ${HEAP_TURNS} turns`, "MB", growthMb, heapGrowth[pack]),
      single("browser at rest, before anybody talks", "% of a core", rests.before.allPercent, idlePage[pack]),
      single(
        "browser at rest, listening to silence",
        "% of a core",
        rests.listening.allPercent,
        idlePage[pack],
      ),
      single("  the page's own process", "% of a core", rests.listening.pagePercent),
      single(
        "  of a page with an open microphone that plays silence, and nothing else",
        "% of a core",
        rests.bare.allPercent,
      ),
      single("  its own process", "% of a core", rests.bare.pagePercent),
    ],
    notes: [
      `At rest is ${REST_MS / 1000} s (${UNUSED_MS / 1000} s before anybody talks), not an hour, of the whole headless browser, which draws without a GPU.`,
      "A voice holds an answer only when it has lasted for 224 ms: see the floor in ARCHITECTURE.md.",
    ],
    details: measured,
  };
}

async function readQuestion(): Promise<Place["question"]> {
  const path = projectFile(QUESTION);
  const samples = await readAudioFile(path, 16_000);
  const onset = samples.findIndex((sample) => Math.abs(sample) > 0.02);
  return { wav: [...(await readFile(path))], onsetMs: onset / 16 };
}

/** Of pages that nothing is cached for. */
async function measureFirstPaint({ browser, url, runs, note }: Place): Promise<number[]> {
  note("first paint");
  const paintsMs: number[] = [];
  for (let run = 0; run < runs; run++) {
    const page = await openInstrumented(browser);
    await page.goto(url, { waitUntil: "load" });
    const paint = await page.waitForFunction(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    );
    paintsMs.push((await paint.jsonValue()) ?? Infinity);
    await page.context().close();
  }
  return paintsMs;
}

async function measureInterruptions(place: Place): Promise<{
  readonly byButtonMs: readonly number[];
  readonly byVoiceMs: readonly number[];
  readonly unmoved: number;
}> {
  const { browser, url, signal, runs, note, question } = place;
  const visitor = new Visitor(await openInstrumented(browser), signal);
  const measure = async (run: number, act: () => Promise<number>): Promise<number | undefined> => {
    const turn = await visitor.ask(`Tell me a long story about ${STORIES[run % STORIES.length] ?? ""}.`);
    await visitor.untilAudible();
    await pause(500, signal);
    const silentMs = await act();
    const outcome = await visitor.outcomeOf(turn);
    // What was said into it is answered, too.
    await pause(AFTERMATH_MS, signal);
    await visitor.untilQuiet();
    return outcome === "interrupted" ? silentMs : undefined;
  };
  const byButtonMs: number[] = [];
  const byVoiceMs: number[] = [];
  let unmoved = 0;
  for (let run = 0; run < runs; run++) {
    note(`interruption ${run + 1} of ${runs}`);
    // Stories become ever shorter behind stories that were cut off: there would be nothing to interrupt.
    await visitor.come(url);
    const button = await measure(run, () => stopByButton(visitor));
    if (button !== undefined) byButtonMs.push(button);
    const voice = await measure(run, () =>
      visitor.page.evaluate(
        async ({ wav, onsetMs }) => await globalThis.instruments.untilSilenced(wav, onsetMs),
        question,
      ),
    );
    if (voice === undefined) unmoved += 1;
    else byVoiceMs.push(voice);
  }
  await visitor.page.context().close();
  return { byButtonMs, byVoiceMs, unmoved };
}

/** The click is made within the page, so that the way to the browser is not counted. */
async function stopByButton({ page }: Visitor): Promise<number> {
  return await page.getByRole("button", { name: "Stop speaking" }).evaluate(async (button) => {
    (button as unknown as { click: () => void }).click();
    return await globalThis.instruments.untilSilent();
  });
}

/** Three minutes of questions, spoken and typed by turns. */
async function measureConversation(place: Place): Promise<{
  readonly turns: number;
  readonly longTasksMs: readonly number[];
  readonly underruns: number;
}> {
  const { browser, url, signal, note, question } = place;
  note("a conversation");
  const visitor = new Visitor(await openInstrumented(browser), signal);
  await visitor.come(url);
  // What the start of a page costs is none of the conversation.
  await visitor.page.evaluate(() => globalThis.longTasksMs.splice(0));
  const endMs = performance.now() + CONVERSATION_MS;
  for (let turn = 0; performance.now() < endMs; turn++) {
    const before = visitor.ends.length;
    if (turn % 2 === 0) await visitor.ask(`Tell me a story about ${STORIES[turn % STORIES.length] ?? ""}.`);
    else
      await visitor.page.evaluate(async (wav) => {
        await globalThis.instruments.speak(wav);
      }, question.wav);
    await visitor.until(() => visitor.ends.length > before);
    await visitor.untilListening();
  }
  const longTasksMs = await visitor.page.evaluate(() => globalThis.longTasksMs);
  const underruns = await visitor.underruns();
  await visitor.page.context().close();
  return { turns: visitor.ends.length, longTasksMs, underruns };
}

/** Of typed questions, each asked into the answer before. */
async function measureHeap({ browser, url, signal, note }: Place): Promise<number> {
  const visitor = new Visitor(await openInstrumented(browser), signal);
  await visitor.come(url);
  const devtools = await visitor.page.context().newCDPSession(visitor.page);
  const usedMb = async (): Promise<number> => {
    await devtools.send("HeapProfiler.collectGarbage");
    return (await devtools.send("Runtime.getHeapUsage")).usedSize / 2 ** 20;
  };
  let settledMb = 0;
  for (let turn = 0; turn <= SETTLING_TURNS + HEAP_TURNS; turn++) {
    if (turn % 25 === 0) note(`turn ${turn} of ${SETTLING_TURNS + HEAP_TURNS}`);
    if (turn === SETTLING_TURNS) settledMb = await usedMb();
    const asked = await visitor.ask(`What is the number ${turn}?`);
    await visitor.untilAudible();
    await stopByButton(visitor);
    await visitor.outcomeOf(asked);
  }
  const growthMb = (await usedMb()) - settledMb;
  await visitor.page.context().close();
  return growthMb;
}
