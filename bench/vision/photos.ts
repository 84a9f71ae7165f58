import type { BenchOptions } from "../bench.ts";
import { LIMITS } from "../limits.ts";
import { series, single } from "../report.ts";
import { answerAbout, decode, type Eyes, isNamed, type Photo } from "./eyes.ts";
import type { Part } from "./vision.ts";

const QUESTION = "What do you see?";

/** The language model admits that it does not know. */
const ADMITS =
  /\bnot (?:sure|clear|certain)\b|\bunclear\b|\bnothing (?:that (?:i|you) can )?recogni[sz]|\bblurr(?:y|ed)\b|\bcan(?:no|')?t (?:tell|see|say|be sure|determine|identify)\b|\bunable\b|\bdon't know\b/iu;

/** What is made of an answer that should name something. */
export type Verdict = "name" | "kind" | "unsure" | "wrong";

interface Look {
  readonly photo: string;
  readonly lookMs: number;
  readonly tokens: number;
  /** What the encoder calls it, before the language model. */
  readonly label: string;
  readonly labelRight: boolean;
  readonly answer: string;
  readonly verdict: Verdict;
}

/** What is seen in each photo, as it is answered in a conversation. */
export async function measurePhotos(
  photos: readonly Photo[],
  eyes: Eyes,
  { pack, note }: BenchOptions,
): Promise<Part> {
  note(`looking at ${photos.length} photos`);
  const looks: Look[] = [];
  for (const photo of photos) looks.push(await look(photo, eyes));
  const share = (wanted: readonly Verdict[]): number =>
    looks.filter(({ verdict }) => wanted.includes(verdict)).length / looks.length;
  const encoding = looks.map(({ lookMs }) => lookMs);
  const right = looks.filter(({ labelRight }) => labelRight).length;
  return {
    figures: [
      series("one look: encoder and faces, one thread", "ms", encoding, LIMITS.look[pack]),
      series(
        "tokens of the whole prompt",
        "tokens",
        looks.map(({ tokens }) => tokens),
      ),
      single("the encoder's first name is right", `of ${looks.length}`, right),
      single(`"${QUESTION}": names it, or its kind`, "share", share(["name", "kind"]), LIMITS.seen[pack]),
      single("  names it", "share", share(["name"])),
      single("  says that it is not sure", "share", share(["unsure"])),
      single("  is wrong, without a doubt", "share", share(["wrong"]), LIMITS.seenWrongly[pack]),
    ],
    notes: looks
      .filter(({ verdict }) => verdict !== "name")
      .map(({ photo, label, answer, verdict }) => `${verdict}: ${photo}, seen as ${label}: "${answer}"`),
    details: looks,
  };
}

async function look(photo: Photo, eyes: Eyes): Promise<Look> {
  const { file, bytes, names, kinds } = photo;
  const picture = await decode(bytes, eyes);
  const startMs = performance.now();
  const sighting = await eyes.seeing.sight.look({ picture, urgency: "asked" }, eyes);
  const lookMs = performance.now() - startMs;
  const { answer, tokens } = await answerAbout({ id: file, bytes, picture, sighting }, QUESTION, eyes);
  const label = sighting.labels[0]?.name ?? "nothing";
  return {
    photo: names[0] ?? file,
    lookMs,
    tokens,
    label,
    labelRight: isNamed(label, names),
    answer,
    verdict: judge(answer, names, kinds),
  };
}

/** By the first that holds: the thing is named, its kind is, the answer admits doubt. */
export function judge(answer: string, names: readonly string[], kinds: readonly string[]): Verdict {
  if (isNamed(answer, names)) return "name";
  if (isNamed(answer, kinds)) return "kind";
  return ADMITS.test(answer) ? "unsure" : "wrong";
}
