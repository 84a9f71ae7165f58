import { inspect } from "node:util";

import { Command, InvalidArgumentError, Option } from "commander";

import { PACK_NAMES } from "../models/packs/index.ts";
import { EXIT } from "../src/cli.ts";
import { ensurePackVisibly } from "../src/progress.ts";
import { measureRecognition } from "./asr.ts";
import { type BenchOptions, type Findings, report } from "./bench.ts";
import { type DecisionsOptions, measureDecisions, SETS } from "./decisions/decisions.ts";
import { BENCHED_DIALECTS, type DialectsOptions, measureDialects } from "./dialects/dialects.ts";
import { type DuplexOptions, measureDuplex } from "./duplex/duplex.ts";
import { LINE_NAMES } from "./duplex/lines.ts";
import { PHRASEBOOK_NAMES } from "./duplex/phrasebooks.ts";
import { SCENARIOS } from "./duplex/trial.ts";
import { measureFreshClone } from "./fresh-clone.ts";
import { measureGrowth, type GrowthOptions } from "./growth.ts";
import { measureLatency, type LatencyOptions } from "./latency.ts";
import { measureLanguage, type LanguageOptions } from "./llm.ts";
import { measurePage } from "./page/page.ts";
import { QUESTIONS } from "./questions.ts";
import { keepsAll, printReport, writeReport } from "./report.ts";
import { measureSeats } from "./seats.ts";
import { measureSpeech } from "./tts.ts";
import { measureVision, PARTS, type VisionOptions } from "./vision/vision.ts";

/** A bench by its name on the command line; it finds only its own options filled in. */
interface Bench {
  readonly name: string;
  readonly description: string;
  readonly runs: number;
  readonly options: readonly Option[];
  readonly measure: (
    options: BenchOptions &
      LatencyOptions &
      GrowthOptions &
      LanguageOptions &
      DuplexOptions &
      DecisionsOptions &
      DialectsOptions &
      VisionOptions,
  ) => Promise<Findings>;
  /** Fails where a figure misses what is wanted of it. */
  readonly strict?: true;
}

const BENCHES: readonly Bench[] = [
  {
    name: "latency",
    description: "a spoken conversation: voice to voice, its stages, memory",
    runs: 1,
    options: [
      countOption("--questions <count>", "how many questions are asked", QUESTIONS.length),
      new Option("--record <file>", "write the conversation: left the user, right the assistant (wav)"),
    ],
    measure: measureLatency,
  },
  {
    name: "growth",
    description: "memory of the server over a long conversation",
    runs: 1,
    options: [countOption("--turns <count>", "turns after those that fill the context", 200)],
    measure: measureGrowth,
  },
  {
    name: "duplex",
    description: "conversations in which both speak at once, scored by published rules",
    runs: 1,
    options: [
      new Option("--quick", "a few trials of each scenario").default(false),
      new Option("--through <name>", "the server's own protocol, or a dialect")
        .choices(LINE_NAMES)
        .default("antiphon"),
      new Option("--beside <name>", "play every trial through this, too, and compare").choices(LINE_NAMES),
      new Option("--scenario <names...>", "only these scenarios").choices(SCENARIOS),
      new Option("--phrases <name>", "words that the monitor was made by, or others")
        .choices(PHRASEBOOK_NAMES)
        .default("known"),
      new Option("--keep <folder>", "write the recordings there: left the user, right the assistant"),
      new Option("--html <file>", "write a page with the timelines of all trials"),
    ],
    measure: measureDuplex,
    strict: true,
  },
  {
    name: "decisions",
    description: "what the monitor takes stretches of sound for, without a conversation",
    runs: 1,
    options: [
      new Option("--set <names...>", "only these sets").choices(SETS),
      new Option("--examples <file>", "judge nothing, but write what the head of the monitor is trained on"),
    ],
    measure: measureDecisions,
  },
  {
    name: "dialects",
    description: "what other ways of talking to the server add to each message",
    runs: 1,
    options: [new Option("--dialect <names...>", "only these dialects").choices(BENCHED_DIALECTS)],
    measure: measureDialects,
    strict: true,
  },
  {
    name: "asr",
    description: "recognition, beside faster-whisper",
    runs: 5,
    options: [],
    measure: measureRecognition,
  },
  {
    name: "llm",
    description: "the language model, beside node-llama-cpp",
    runs: 3,
    options: [new Option("--no-spinning", "let our threads sleep where the product's wait busily")],
    measure: measureLanguage,
  },
  {
    name: "seats",
    description: "questions asked into an answer, with the monitor's seat and without",
    runs: 1,
    options: [],
    measure: measureSeats,
  },
  {
    name: "tts",
    description: "the voice, beside one-shot Piper",
    runs: 3,
    options: [],
    measure: measureSpeech,
  },
  {
    name: "vision",
    description: "what is seen, as a conversation is told of it, and what the camera costs the voice",
    runs: 1,
    options: [
      new Option("--part <names...>", "only these parts").choices(PARTS),
      new Option("--closed-form", "tell what is seen by its names alone, without the trained projector"),
    ],
    measure: measureVision,
  },
  {
    name: "page",
    description: "the page in a browser: first paint, interruptions, smoothness, memory, rest",
    runs: 10,
    options: [],
    measure: measurePage,
  },
  {
    name: "fresh-clone",
    description: "npm start on a fresh clone with empty caches, to the first answer",
    runs: 1,
    options: [],
    measure: measureFreshClone,
  },
];

/** `npm run bench -- NAME`: every figure that the README quotes comes from here. */
async function main(): Promise<void> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      stop.abort(new DOMException(`received ${name}`, "AbortError"));
    });
  }
  const program = new Command("bench").description("measures the product, side by side with its peers");
  for (const bench of BENCHES) program.addCommand(benchCommand(bench, stop.signal));
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = stop.signal.aborted ? EXIT.interrupted : EXIT.failure;
    // Thrown, it would be printed with a megabyte of the module whose handler catches it.
    if (!stop.signal.aborted) process.stderr.write(`${inspect(error)}\n`);
  }
}

function benchCommand(
  { name, description, runs, options, measure, strict }: Bench,
  signal: AbortSignal,
): Command {
  const command = new Command(name)
    .description(description)
    .addOption(new Option("--pack <name>", "which models").choices(PACK_NAMES).default("embedded"))
    .addOption(countOption("--runs <count>", "how often it is repeated", runs))
    .option("--json <file>", "write the report there, and its print beside it");
  for (const option of options) command.addOption(option);
  return command.action(async (given: Parameters<typeof measure>[0] & { readonly json?: string }) => {
    const note = (line: string): void => void process.stderr.write(`${name}: ${line}\n`);
    if (name !== "fresh-clone") await ensurePackVisibly(given.pack, { signal });
    const result = await report(name, () => measure({ ...given, signal, note }));
    process.stdout.write(printReport(result));
    if (given.json !== undefined) await writeReport(result, given.json);
    if (strict === true && !keepsAll(result.figures)) process.exitCode = EXIT.failure;
  });
}

function countOption(flags: string, description: string, standard: number): Option {
  return new Option(flags, description).default(standard).argParser((text) => {
    if (/^[1-9]\d*$/u.test(text)) return Number(text);
    throw new InvalidArgumentError("it must be a whole number from 1 on");
  });
}

await main();
