import { readFile } from "node:fs/promises";

import { Command } from "commander";

import {
  AntiphonError,
  askedNotes,
  asksToRead,
  type ChatMessage,
  type LanguageModel,
  type ReadLine,
  SEEING,
  type Sight,
  type Sighting,
  sightParts,
} from "../../streaming/index.ts";
import type { Picture } from "../../vision/index.ts";
import type { Config } from "../config.ts";
import { type Seeing, seesItself } from "../seeing.ts";
import { cleanTypedText } from "../typed-text.ts";
import {
  type CommandContext,
  type CommonOptions,
  configOf,
  printResult,
  withCommonOptions,
  withModels,
} from "./context.ts";

const DEFAULT_QUESTION = "What is in the picture?";
/** Lines this high, as a part of the picture, are meant to be read; smaller ones only where somebody asks. */
const LARGE_PRINT = 0.05;
const SHOWN_LABELS = 5;
/** Names of a third are less sure than those of the whole. */
const SHOWN_PLACES = 2;
/** Seventeen tiles of 64 tokens, their marks, a notice that is printed, the question and its answer. */
const TILED_CONTEXT_TOKENS = 2048;

interface LookOptions extends CommonOptions {
  readonly tiles?: boolean;
}

/** `antiphon look IMAGE [QUESTION]`: what a picture shows, in an answer and in figures. */
export function lookCommand(context: CommandContext): Command {
  const command = new Command("look")
    .description("answer a question about a picture (jpeg, png, webp)")
    .argument("<image>")
    .argument("[question]", "what to ask", DEFAULT_QUESTION)
    .option("--tiles", "look at each part of it closely, too; for packs that can");
  return withCommonOptions(command).action(async (image: string, question: string, options: LookOptions) => {
    const config = configOf(options);
    const { tiles: inTiles = false } = options;
    if (inTiles) checkTiles(config);
    const asked = cleanTypedText(question, config.limits.maxTextLength);
    const bytes = await readPicture(image);
    const seeing = await context.openSeeing(config, context);
    try {
      const roomy = inTiles ? { ...context, contextTokens: TILED_CONTEXT_TOKENS } : context;
      const result = await withModels(roomy, config, ["languageModel"], async ({ languageModel }) => {
        return await look(bytes, asked, { context, config, seeing, languageModel, inTiles });
      });
      printResult(context, options, result, [result.answer]);
    } finally {
      await seeing.close();
    }
  });
}

/** Who asks for tiles where there can be none wants small print read, which would come out wrong. */
function checkTiles(config: Config): void {
  if (seesItself(config)) return;
  const eyes = config.llm.url === undefined ? `the pack ${config.pack}` : "the server at llm.url";
  throw new AntiphonError("config-invalid", `--tiles: ${eyes} is shown pictures as a whole only`);
}

interface Lookout {
  readonly context: CommandContext;
  readonly config: Config;
  readonly seeing: Seeing;
  readonly languageModel: LanguageModel;
  readonly inTiles: boolean;
}

async function look(
  bytes: Uint8Array,
  question: string,
  { context, config, seeing, languageModel, inTiles }: Lookout,
) {
  const { signal, clock } = context;
  const picture = await seeing.decoder.decode(bytes, { signal });
  // Loading the networks is no part of it, which the first picture does.
  const startMs = clock.nowMs();
  const sighting = await seeing.sight.look({ picture, urgency: "asked", inTiles }, { signal });
  const lines = await seeing.reader.read({ picture, urgency: "asked", isClose: true }, { signal });
  const { systemPrompt, sampling, maxAnswerTokens } = config.conversation;
  const messages = [
    { role: "system", content: `${systemPrompt} ${SEEING}` } as const,
    questionAbout(sighting, lines, { bytes, picture, question, sight: seeing.sight }),
  ];
  const request = { seat: "look", messages, maxTokens: maxAnswerTokens, sampling, stop: [] };
  let answer = "";
  for await (const event of languageModel.generate(request, { signal })) {
    if (event.type === "text-delta") answer += event.text;
  }
  const text = lines.map((line) => line.text).join("\n");
  return {
    answer: answer.trim(),
    labels: sighting.labels.slice(0, SHOWN_LABELS),
    places: {
      left: sighting.places.left.slice(0, SHOWN_PLACES),
      center: sighting.places.center.slice(0, SHOWN_PLACES),
      right: sighting.places.right.slice(0, SHOWN_PLACES),
    },
    ...(sighting.kind !== undefined && { kind: sighting.kind }),
    people: sighting.faces.length,
    sure: sighting.sure,
    ...(text !== "" && { text }),
    elapsedMs: Math.round(clock.nowMs() - startMs),
  };
}

/** The question behind what is in view; print only where it is large or asked for. */
function questionAbout(
  sighting: Sighting,
  lines: readonly ReadLine[],
  {
    bytes,
    picture,
    question,
    sight,
  }: {
    readonly bytes: Uint8Array;
    readonly picture: Picture;
    readonly question: string;
    readonly sight: Sight;
  },
): ChatMessage {
  const wanted = asksToRead(question) ? lines : lines.filter(({ height }) => height >= LARGE_PRINT);
  const frame = { type: "frame", id: "look", embeddings: sighting.tokens, jpeg: bytes } as const;
  const asked = askedNotes({ picture, sighting, question }, sight);
  const content = [
    ...sightParts(frame, sighting, { lines: wanted, asked, question }),
    { type: "text", text: question } as const,
  ];
  return { role: "user", content };
}

async function readPicture(path: string): Promise<Uint8Array> {
  try {
    return Uint8Array.from(await readFile(path));
  } catch (cause) {
    throw new AntiphonError("picture-unreadable", `${path} cannot be read: ${String(cause)}`, { cause });
  }
}
