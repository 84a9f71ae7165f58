import { ChatPrompt } from "../models/llm/chat-template.ts";
import { TextTokenizer } from "../models/llm/tokenizer.ts";
import { ggufTokenizer, openCheckpoint } from "../models/checkpoint/index.ts";
import { ensurePack } from "../models/packs/index.ts";
import { type Models, openModels } from "../src/compose.ts";
import { type Config, loadConfig } from "../src/config.ts";
import type { ChatMessage, SamplingOptions } from "../streaming/index.ts";
import { alternate, type BenchOptions, type Findings, withCleanup } from "./bench.ts";
import { LIMITS } from "./limits.ts";
import { NODE_LLAMA_CPP, NodeLlamaCpp } from "./peers/node-llama-cpp.ts";
import { LONG_QUESTIONS, QUESTIONS, WRITTEN_QUESTIONS } from "./questions.ts";
import { type Figure, series, single } from "./report.ts";
import { holdsKeyWord } from "./scoring.ts";
import { median } from "./statistics.ts";

const THREADS = 2;
const CONTEXT_TOKENS = 1024;

/** Where the decode rate is taken: from the prompt's some 100 tokens to 300. */
const LONG_ANSWER_TOKENS = 200;
const SHORT_ANSWER_TOKENS = 48;

/** A question that is 15 tokens long, give or take two. */
const QUESTION_TOKENS = { shortest: 13, longest: 17 };

const GREEDY: SamplingOptions = { temperature: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 };

export interface LanguageOptions extends BenchOptions {
  /** Whether our threads busy-wait between operators. */
  readonly spinning: boolean;
}

/** An answer and when its parts came, in ms after it was asked for. */
interface Written {
  readonly text: string;
  readonly timesMs: readonly number[];
  readonly computedTokens: number;
}

/** Someone who writes answers. */
type Writer = (messages: readonly ChatMessage[], maxTokens: number) => Promise<Written>;

/** Our decoder, greedy; the same sampling as the conversation does; node-llama-cpp's, greedy. */
const WRITERS = ["ours", "sampled", "peer"] as const;

type Writers = Record<(typeof WRITERS)[number], Writer>;
type Measured = Record<keyof Writers, number[]>;

/** Our decoder and llama.cpp's on the same checkpoint, the same prompts and two threads each, by turns. */
export async function measureLanguage(options: LanguageOptions): Promise<Findings> {
  const { pack, spinning, signal, note } = options;
  const paths = await ensurePack(pack, { signal });
  const config = loadConfig({ overrides: { pack, runtime: { speakingThreads: THREADS, spinning } } });
  const tokens = await openTokens(paths["language-model"]);
  return await withCleanup(async (defer) => {
    note("loading both (the peer is installed at first use)");
    const models = await openModels(config, ["languageModel"], { signal, onProgress: () => undefined });
    defer(() => models.close());
    const settings = { threads: THREADS, contextTokens: CONTEXT_TOKENS, signal };
    const peer = await NodeLlamaCpp.start(paths["language-model"], settings);
    defer(() => peer.end());
    const writers: Writers = {
      ours: ourWriter(models, GREEDY, signal),
      sampled: ourWriter(models, config.conversation.sampling, signal),
      peer: peerWriter(peer, tokens),
    };
    return await compare(writers, config, tokens, options);
  });
}

async function compare(
  writers: Writers,
  config: Config,
  tokens: Tokens,
  { pack, runs, spinning, note }: LanguageOptions,
): Promise<Findings> {
  const ask = (content: string): ChatMessage[] => [
    { role: "system", content: config.conversation.systemPrompt },
    { role: "user", content },
  ];
  note("warming both");
  for (const name of WRITERS) await writers[name](ask("Hello."), SHORT_ANSWER_TOKENS);
  note(`decode rate, ${runs} runs`);
  const rates = await measure(writers, runs, LONG_QUESTIONS, async (writer, question) => {
    const { timesMs } = await writer(ask(question), LONG_ANSWER_TOKENS);
    const lastMs = timesMs.at(-1) ?? 0;
    return ((timesMs.length - 1) * 1000) / (lastMs - (timesMs[0] ?? 0));
  });
  note(`first token, ${runs} runs`);
  const computed: number[] = [];
  const firstTokenMs = await measure(writers, runs, fifteenTokens(tokens), async (writer, question) => {
    // The question before may begin with the same words, which must not count as kept.
    await writer(ask("Hm."), 1);
    const { timesMs, computedTokens } = await writer(ask(question), 1);
    computed.push(computedTokens);
    return timesMs[0] ?? Number.NaN;
  });
  note(`${WRITTEN_QUESTIONS} written questions`);
  const answers = await answerInWriting(writers, ask);
  const rightCount = (who: "ours" | "peer"): number => answers.filter(({ right }) => right[who]).length;
  const of = `of ${WRITTEN_QUESTIONS}`;
  return {
    settings: { pack, runs, threads: THREADS, spinning, peer: NODE_LLAMA_CPP, sampling: "greedy" },
    figures: [
      ...decodeFigures(rates, pack),
      ...firstTokenFigures(firstTokenMs, pack),
      series("  tokens computed for it", "tokens", computed),
      single("answers right, ours", of, rightCount("ours")),
      single("answers right, node-llama-cpp", of, rightCount("peer")),
    ],
    notes: answers
      .filter(({ right }) => !right.ours || !right.peer)
      .map(({ question, ours, peer }) => `"${question}": ours "${ours}", node-llama-cpp "${peer}"`),
    details: { rates, firstTokenMs, answers },
  };
}

interface WrittenAnswer {
  readonly question: string;
  readonly ours: string;
  readonly peer: string;
  readonly right: { readonly ours: boolean; readonly peer: boolean };
}

async function answerInWriting(
  writers: Writers,
  ask: (question: string) => readonly ChatMessage[],
): Promise<WrittenAnswer[]> {
  const answers: WrittenAnswer[] = [];
  for (const { text: question, keyWords } of QUESTIONS.slice(0, WRITTEN_QUESTIONS)) {
    const ours = (await writers.ours(ask(question), SHORT_ANSWER_TOKENS)).text;
    const peer = (await writers.peer(ask(question), SHORT_ANSWER_TOKENS)).text;
    const right = { ours: holdsKeyWord(ours, keyWords), peer: holdsKeyWord(peer, keyWords) };
    answers.push({ question, ours, peer, right });
  }
  return answers;
}

/** Puts every question to every writer in every run, by turns; the values of one position belong together. */
async function measure(
  writers: Writers,
  runs: number,
  questions: readonly string[],
  take: (writer: Writer, question: string) => Promise<number>,
): Promise<Measured> {
  const measured: Measured = { ours: [], sampled: [], peer: [] };
  for (let run = 0; run < runs; run += 1) {
    for (const question of questions) {
      const arms = WRITERS.map((name) => async (): Promise<void> => {
        measured[name].push(await take(writers[name], question));
      });
      await alternate(run, arms);
    }
  }
  return measured;
}

function decodeFigures(rates: Measured, pack: BenchOptions["pack"]): (Figure | undefined)[] {
  const ratios = rates.ours.map((rate, index) => rate / (rates.peer[index] ?? Number.NaN));
  return [
    series("decode rate over node-llama-cpp's, pairwise", "ratio", ratios, LIMITS.decodeRatio[pack]),
    series("decode rate, ours", "tokens/s", rates.ours),
    series("decode rate, ours, sampling as in a conversation", "tokens/s", rates.sampled),
    series("decode rate, node-llama-cpp", "tokens/s", rates.peer),
  ];
}

function firstTokenFigures(times: Measured, pack: BenchOptions["pack"]): (Figure | undefined)[] {
  return [
    series("first token of a 15-token question, ours", "ms", times.ours, LIMITS.firstToken[pack]),
    series("  sampling as in a conversation", "ms", times.sampled),
    series("  node-llama-cpp", "ms", times.peer),
    single("  ours over node-llama-cpp's", "ratio", median(times.ours) / median(times.peer)),
  ];
}

/** Of both our writers, so that neither finds what the other has computed of the same question. */
const SEAT = "bench";

/** Our model through the worker thread that it has in the product. */
function ourWriter(
  { languageModel }: Models<"languageModel">,
  sampling: SamplingOptions,
  signal: AbortSignal,
): Writer {
  return async (messages, maxTokens) => {
    const request = { seat: SEAT, messages, maxTokens, sampling, stop: [] };
    const startMs = performance.now();
    const timesMs: number[] = [];
    let text = "";
    let computedTokens = 0;
    for await (const event of languageModel.generate(request, { signal })) {
      if (event.type === "prompt-ready") computedTokens = event.promptTokens - event.cachedTokens;
      if (event.type !== "text-delta") continue;
      timesMs.push(performance.now() - startMs);
      text += event.text;
    }
    return { text, timesMs, computedTokens };
  };
}

function peerWriter(peer: NodeLlamaCpp, { prompt, tokenizer }: Tokens): Writer {
  return async (messages, maxTokens) => {
    const promptTokens = prompt.forAnswer(messages);
    const { tokens, timesMs, cachedTokens } = await peer.generate({ prompt: promptTokens, maxTokens });
    const computedTokens = promptTokens.length - cachedTokens;
    return { text: tokenizer.decode(tokens), timesMs, computedTokens };
  };
}

/** The checkpoint's own tokens and template, so that both get the same prompts. */
interface Tokens {
  readonly tokenizer: TextTokenizer;
  readonly prompt: ChatPrompt;
}

async function openTokens(modelPath: string): Promise<Tokens> {
  const checkpoint = await openCheckpoint(modelPath);
  try {
    const { tokenizerJson, configJson } = ggufTokenizer(checkpoint.metadata);
    const tokenizer = new TextTokenizer(tokenizerJson, configJson);
    return { tokenizer, prompt: new ChatPrompt(configJson.chat_template ?? "", tokenizer) };
  } finally {
    await checkpoint.close();
  }
}

/** Questions of about 15 tokens, lengthened by a polite beginning where they are shorter. */
function fifteenTokens({ tokenizer }: Tokens): string[] {
  const { shortest, longest } = QUESTION_TOKENS;
  return QUESTIONS.map(({ text }) => {
    const polite = `Could you please tell me: ${text.charAt(0).toLowerCase()}${text.slice(1)}`;
    return tokenizer.encode(text).length >= shortest ? text : polite;
  }).filter((text) => {
    const { length } = tokenizer.encode(text);
    return length >= shortest && length <= longest;
  });
}
