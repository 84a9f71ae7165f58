import { type Models, openModels } from "../src/compose.ts";
import { type Config, loadConfig } from "../src/config.ts";
import { alternate, type BenchOptions, type Findings, pause, withCleanup } from "./bench.ts";
import { Interrupter } from "./interrupter.ts";
import { LIMITS } from "./limits.ts";
import { LONG_QUESTIONS, QUESTIONS } from "./questions.ts";
import { type Figure, series, single } from "./report.ts";
import { type FirstToken, type Keeping, KEEPINGS, keepingSeats } from "./seat-keeping.ts";
import { median } from "./statistics.ts";

/** Questions of one conversation, and conversations of each kind. */
const QUESTIONS_EACH = 5;
const CONVERSATIONS = 4;

/** Enough that answers are still being written when they are interrupted. */
const ANSWER_TOKENS = 400;

const CANCELLATIONS = 20;

/** Sentences of a prompt that takes seconds to compute, and when it is told to stop at the latest. */
const LONG_PROMPT_SENTENCES = 60;
const STOP_PROMPT_WITHIN_MS = 400;

/** Steps of decoding before a generation is told to stop. */
const STEPS_BEFORE = 6;

interface Cancellation {
  readonly stepMs: number;
  readonly endMs: number;
}

type Measured = Record<Keeping, FirstToken[]>;

/** What the monitor's seat is worth: questions asked aloud into answers that are being written, with it and without. */
export async function measureSeats(options: BenchOptions): Promise<Findings> {
  const { pack, signal, note } = options;
  const config = loadConfig({ overrides: { pack, conversation: { maxAnswerTokens: ANSWER_TOKENS } } });
  return await withCleanup(async (defer) => {
    const names = ["languageModel", "synthesizer"] as const;
    const models = await openModels(config, names, { signal, onProgress: () => undefined });
    defer(() => models.close());
    const measured: Measured = { "two seats": [], "one seat": [], "no seat": [] };
    note("warming");
    await cancelOnce(models, config.conversation, { share: 0, signal });
    for (let run = 0; run < CONVERSATIONS; run += 1) {
      const arms = KEEPINGS.map((keeping) => async (): Promise<void> => {
        note(`conversation ${run + 1} of ${CONVERSATIONS}, ${keeping}`);
        measured[keeping].push(...(await converse(models, config, { keeping, run, signal })));
      });
      await alternate(run, arms);
    }
    note(`${CANCELLATIONS} generations told to stop`);
    const cancellations: Cancellation[] = [];
    for (let run = 0; run < CANCELLATIONS; run += 1)
      cancellations.push(
        await cancelOnce(models, config.conversation, { share: run / CANCELLATIONS, signal }),
      );
    note(`${CANCELLATIONS} long prompts told to stop`);
    const promptsMs: number[] = [];
    for (let run = 0; run < CANCELLATIONS; run += 1)
      promptsMs.push(await stopPrompt(models, config.conversation, { run, signal }));
    return findings({ measured, cancellations, promptsMs }, pack);
  });
}

/** Holds one conversation; returns what the first tokens of its spoken questions took. */
async function converse(
  { languageModel, synthesizer }: Models<"languageModel" | "synthesizer">,
  { conversation }: Config,
  { keeping, run, signal }: { readonly keeping: Keeping; readonly run: number; readonly signal: AbortSignal },
): Promise<FirstToken[]> {
  const found: FirstToken[] = [];
  const kept = keepingSeats(languageModel, keeping, (first) => found.push(first));
  const user = new Interrupter({ languageModel: kept, synthesizer }, conversation, signal);
  const asked = QUESTIONS.slice(run * QUESTIONS_EACH, (run + 1) * QUESTIONS_EACH);
  try {
    for (const [index, { text }] of asked.entries()) {
      await user.ask(LONG_QUESTIONS[index % LONG_QUESTIONS.length] ?? "", text);
    }
  } finally {
    await user.close();
  }
  // Of an answer that was begun more than once, the last one was heard.
  return asked.flatMap(({ text }) => found.findLast(({ question }) => question.endsWith(text)) ?? []);
}

/**
 * Tells a generation to stop after `share` of a step. It is over when the worker has let go of its seat, which is asked
 * of it just after and is as urgent: the caller itself waits for nothing.
 */
async function cancelOnce(
  { languageModel }: Models<"languageModel">,
  { systemPrompt, sampling, maxAnswerTokens: maxTokens }: Config["conversation"],
  { share, signal }: { readonly share: number; readonly signal: AbortSignal },
): Promise<Cancellation> {
  const messages = [
    { role: "system", content: systemPrompt },
    { role: "user", content: LONG_QUESTIONS[0] ?? "" },
  ] as const;
  const seat = "cancelled";
  const timesMs: number[] = [];
  const stepsMs = (): number[] => timesMs.slice(1).map((ms, index) => ms - (timesMs[index] ?? ms));
  for await (const { type } of languageModel.generate(
    { seat, messages, maxTokens, sampling, stop: [] },
    { signal },
  )) {
    if (type === "text-delta") timesMs.push(performance.now());
    if (timesMs.length <= STEPS_BEFORE) continue;
    await pause(share * median(stepsMs()), signal);
    break;
  }
  const stoppedMs = performance.now();
  await languageModel.releaseSeat(seat);
  return { stepMs: median(stepsMs()), endMs: performance.now() - stoppedMs };
}

/**
 * Tells a model that computes a long prompt for an answer to stop: what is left of the run at hand, which everything else
 * on that thread waits for.
 */
async function stopPrompt(
  { languageModel }: Models<"languageModel">,
  { sampling }: Config["conversation"],
  { run, signal }: { readonly run: number; readonly signal: AbortSignal },
): Promise<number> {
  const sentences = Array.from(
    { length: LONG_PROMPT_SENTENCES },
    (_, index) => `Number ${run * LONG_PROMPT_SENTENCES + index} is a number like any other.`,
  );
  const messages = [{ role: "user", content: sentences.join(" ") }] as const;
  const seat = "stopped";
  const stop = new AbortController();
  const request = { seat, messages, maxTokens: 1, sampling, stop: [] };
  const answer = languageModel.generate(request, { signal: AbortSignal.any([signal, stop.signal]) });
  const first = answer[Symbol.asyncIterator]().next();
  await pause(((run + 1) / CANCELLATIONS) * STOP_PROMPT_WITHIN_MS, signal);
  const stoppedMs = performance.now();
  stop.abort();
  const [isWritten] = await Promise.all([
    first.then(
      () => true,
      () => false,
    ),
    languageModel.releaseSeat(seat),
  ]);
  if (isWritten && !signal.aborted) throw new Error("the long prompt was computed before it was to stop");
  return performance.now() - stoppedMs;
}

interface Found {
  readonly measured: Measured;
  readonly cancellations: readonly Cancellation[];
  readonly promptsMs: readonly number[];
}

function findings({ measured, cancellations, promptsMs }: Found, pack: BenchOptions["pack"]): Findings {
  const values = (keeping: Keeping, key: "promptTokens" | "computedTokens" | "firstTokenMs"): number[] =>
    measured[keeping].map((first) => first[key]);
  const ratio = (keeping: Keeping): Figure =>
    single(
      `  ${keeping} over two seats`,
      "ratio",
      median(values(keeping, "firstTokenMs")) / median(values("two seats", "firstTokenMs")),
    );
  return {
    settings: { pack, conversations: CONVERSATIONS, questionsEach: QUESTIONS_EACH, sampling: "as shipped" },
    figures: [
      ...KEEPINGS.map((keeping) =>
        series(
          `tokens left to compute at the end of a question, ${keeping}`,
          "tokens",
          values(keeping, "computedTokens"),
        ),
      ),
      series("  tokens of the prompt", "tokens", values("two seats", "promptTokens")),
      ...KEEPINGS.map((keeping) =>
        series(`first token after the end of a question, ${keeping}`, "ms", values(keeping, "firstTokenMs")),
      ),
      ratio("one seat"),
      ratio("no seat"),
      series(
        "end of a generation after it was told to stop",
        "ms",
        cancellations.map(({ endMs }) => endMs),
      ),
      series(
        "  one step of decoding",
        "ms",
        cancellations.map(({ stepMs }) => stepMs),
      ),
      series(
        "  end over the step of its generation",
        "ratio",
        cancellations.map(({ endMs, stepMs }) => endMs / stepMs),
        LIMITS.stopOverStep[pack],
      ),
      series(
        "end of computing a prompt after it was told to stop",
        "ms",
        promptsMs,
        LIMITS.stoppedPrompt[pack],
      ),
    ],
    notes: [],
    details: { measured, cancellations, promptsMs },
  };
}
