import { readFile } from "node:fs/promises";

import type { ReadLine, ReadRequest, TextReader } from "../../streaming/index.ts";
import type { Picture } from "../../vision/index.ts";
import { type Engine, type EngineClient, type Job, PRIORITY } from "../runtime/engine.ts";
import { floatData, floats, NetworkSession, type SessionOptions } from "../runtime/session.ts";
import { singleChunk } from "../runtime/single-chunk.ts";
import { decodeCharacters, type DecodedText, parseAlphabet } from "./alphabet.ts";
import { detectionInput, LINE_HEIGHT, lineInput } from "./pixels.ts";
import { readingOrder } from "./reading-order.ts";
import { findTextBoxes, type TextBox } from "./text-boxes.ts";
import { allBoxes, type TextView, textViews, wholeView, withBoxes } from "./views.ts";

/** Pieces of text that are read of one picture: a page of a book has fewer, a screen about as many. */
const MOST_BOXES = 120;
/** Less certain ones are patterns, not letters. */
const SURE = 0.5;

export type ReadingContract = {
  read: { readonly request: Omit<ReadRequest, "urgency">; readonly chunk: readonly ReadLine[] };
};

export interface ReadingConfig extends SessionOptions {
  readonly detectionPath: string;
  readonly recognitionPath: string;
  readonly alphabetPath: string;
}

/**
 * PP-OCRv4 (PaddleOCR): one network says where text is, another reads each line, one line a step. English and Chinese.
 */
export async function openReadingEngine(config: ReadingConfig): Promise<Engine<ReadingContract>> {
  const detection = await NetworkSession.open(config.detectionPath, config);
  const recognition = await NetworkSession.open(config.recognitionPath, config);
  const alphabet = parseAlphabet(await readFile(config.alphabetPath, "utf8"));
  return {
    jobs: {
      async *read({ picture, isClose }): Job<readonly ReadLine[]> {
        const [whole, bands] = isClose ? textViews(picture) : [wholeView(picture), []];
        const large = withBoxes([], await detect(detection, picture, whole), whole);
        yield undefined;
        let small: readonly TextBox[] = [];
        for (const band of bands) {
          small = withBoxes(small, await detect(detection, picture, band), band);
          yield undefined;
        }
        const boxes = allBoxes(large, small);
        const lines: ReadLine[] = [];
        for (const line of readingOrder(largest(boxes))) {
          const words: DecodedText[] = [];
          for (const box of line) {
            words.push(await recognize(recognition, picture, box, alphabet));
            yield undefined;
          }
          lines.push(...joinWords(words, Math.max(...line.map(({ height }) => height)) / picture.height));
        }
        yield lines;
      },
    },
    close: async () => {
      await detection.close();
      await recognition.close();
    },
  };
}

/** Reading over an engine, wherever that runs. */
export function createTextReader(client: EngineClient<ReadingContract>): TextReader {
  return {
    read: ({ urgency, ...request }, { signal }) => {
      const priority = urgency === "asked" ? PRIORITY.looking : PRIORITY.lookingAhead;
      return singleChunk(client.run("read", request, { signal, priority }));
    },
  };
}

/** In the picture's own pixels. */
async function detect(session: NetworkSession, picture: Picture, view: TextView): Promise<TextBox[]> {
  const { width, height, values } = detectionInput(picture, view);
  const outputs = await session.run({ x: floats(values, [1, 3, height, width]) });
  const probabilities = floatData(outputs[session.outputNames[0] ?? ""]);
  const across = picture.width / width;
  const down = view.height / height;
  return findTextBoxes({ width, height, probabilities }).map((box) => ({
    ...box,
    center: { x: box.center.x * across, y: view.top + box.center.y * down },
    width: box.width * across,
    height: box.height * down,
  }));
}

function largest(boxes: readonly TextBox[]): TextBox[] {
  return boxes.toSorted((a, b) => b.width * b.height - a.width * a.height).slice(0, MOST_BOXES);
}

async function recognize(
  session: NetworkSession,
  picture: Picture,
  box: TextBox,
  alphabet: readonly string[],
): Promise<DecodedText> {
  const { width, values } = lineInput(picture, box);
  const outputs = await session.run({ x: floats(values, [1, 3, LINE_HEIGHT, width]) });
  return decodeCharacters(floatData(outputs[session.outputNames[0] ?? ""]), alphabet);
}

function joinWords(words: readonly DecodedText[], height: number): ReadLine[] {
  const sure = words.filter(({ text, probability }) => text.trim() !== "" && probability >= SURE);
  if (sure.length === 0) return [];
  const probability = sure.reduce((sum, word) => sum + word.probability, 0) / sure.length;
  return [{ text: sure.map(({ text }) => text.trim()).join(" "), probability, height }];
}
