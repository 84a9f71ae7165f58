import { ConversationClient } from "../src/client/conversation-client.ts";
import { systemClock } from "../src/clock.ts";
import { Channel } from "../streaming/index.ts";
import type { ServerMessage } from "../src/server/protocol.ts";
import { pause, type BenchOptions, type Findings } from "./bench.ts";
import { LIMITS } from "./limits.ts";
import { QUESTIONS } from "./questions.ts";
import { series, single } from "./report.ts";
import { type Memory, ServerProgram } from "./server-program.ts";
import { median } from "./statistics.ts";

/** Turns after which the conversation has filled its context and every cache has its final size. */
const SETTLING_TURNS = 60;

/** How much of an answer is heard before the next question, and how long its first sound is waited for. */
const LISTEN_MS = 500;
const PATIENCE_MS = 15_000;

/** Memory is the median of this many turns: single readings depend on when garbage was last collected. */
const READINGS = 15;

export interface GrowthOptions extends BenchOptions {
  /** Turns over which the growth is measured, after those that fill the context. */
  readonly turns: number;
}

/** Where the server stood after a turn. */
interface Reading extends Memory {
  readonly firstTokenMs: number | undefined;
  readonly computedTokens: number | undefined;
}

/** Memory of the server over a long conversation: typed questions whose answers are cut short, so that it ends today. */
export async function measureGrowth({ pack, turns, signal, note }: GrowthOptions): Promise<Findings> {
  const server = await ServerProgram.start(pack, signal);
  try {
    const readings = await converse(server, SETTLING_TURNS + turns, signal, note);
    return findings(readings, turns, pack);
  } finally {
    await server.stop();
  }
}

function findings(readings: readonly Reading[], turns: number, pack: BenchOptions["pack"]): Findings {
  const resident = readings.map((reading) => reading.resident);
  const settled = median(resident.slice(SETTLING_TURNS - READINGS, SETTLING_TURNS));
  const last = median(resident.slice(-READINGS));
  // What waits for the garbage collector comes and goes, by more than what is looked for.
  const lowestAtFirst = Math.min(...resident.slice(SETTLING_TURNS - READINGS).slice(0, SETTLING_TURNS));
  const lowestAtLast = Math.min(...resident.slice(-SETTLING_TURNS));
  const values = (key: "firstTokenMs" | "computedTokens", part: readonly Reading[]): number[] =>
    part.map((reading) => reading[key]).filter((value) => value !== undefined);
  const early = readings.slice(1, READINGS + 1);
  const late = readings.slice(-READINGS);
  return {
    settings: { pack, settlingTurns: SETTLING_TURNS, turns },
    figures: [
      single("server's memory after the first turn", "MB", resident[0] ?? 0),
      single(`  after ${SETTLING_TURNS} turns, which fill the context`, "MB", settled),
      single(`  after ${turns} turns more`, "MB", last),
      single(`growth over ${turns} turns`, "MB", last - settled, LIMITS.growth[pack]),
      single(`  of its lowest within ${SETTLING_TURNS} turns`, "MB", lowestAtLast - lowestAtFirst),
      series(
        "mapped files",
        "MB",
        readings.map(({ fileMapped }) => fileMapped),
      ),
      series(`first token, the first ${READINGS} turns`, "ms", values("firstTokenMs", early)),
      series(`  the last ${READINGS} turns`, "ms", values("firstTokenMs", late)),
      series(
        `tokens computed for it, the first ${READINGS} turns`,
        "tokens",
        values("computedTokens", early),
      ),
      series(`  the last ${READINGS} turns`, "tokens", values("computedTokens", late)),
    ],
    notes: [],
    details: { readings },
  };
}

async function converse(
  server: ServerProgram,
  turns: number,
  signal: AbortSignal,
  note: (line: string) => void,
): Promise<Reading[]> {
  const messages = new Channel<ServerMessage>({ capacity: 10_000, overflow: "fail" });
  const client = await ConversationClient.open({
    url: server.url,
    sampleRate: 24_000,
    clock: systemClock,
    signal,
    onMessage: (message) => {
      messages.push(message);
    },
    onClose: (error) => {
      messages.close(error);
    },
  });
  const reader = messages.read({ signal });
  const readings: Reading[] = [];
  try {
    for (let turn = 0; turn < turns; turn += 1) {
      if (turn % 50 === 0) note(`turn ${turn} of ${turns}`);
      client.sendText(`${QUESTIONS[turn % QUESTIONS.length]?.text ?? ""} (${turn + 1})`);
      await until(reader, "answer-delta");
      await hearSome(client, signal);
      client.interrupt();
      const { timings } = await until(reader, "answer-end");
      const memory = await server.memory();
      if (memory === undefined) throw new Error("this system does not say how much memory a process uses");
      const { firstTokenMs, promptTokens, cachedTokens = 0 } = timings;
      const computedTokens = promptTokens === undefined ? undefined : promptTokens - cachedTokens;
      readings.push({ ...memory, firstTokenMs, computedTokens });
    }
    return readings;
  } finally {
    await client.close();
  }
}

/** Waits for sound and listens to it for a moment: a question whose answer nobody heard leaves no answer behind. */
async function hearSome(client: ConversationClient, signal: AbortSignal): Promise<void> {
  const startMs = client.nowMs();
  while (client.playout.endMs <= client.nowMs() && client.nowMs() - startMs < PATIENCE_MS)
    await pause(20, signal);
  await pause(LISTEN_MS, signal);
}

/** Reads messages up to the first of that type. */
async function until<Type extends ServerMessage["type"]>(
  messages: AsyncIterator<ServerMessage, void>,
  type: Type,
): Promise<Extract<ServerMessage, { readonly type: Type }>> {
  for (;;) {
    const next = await messages.next();
    if (next.done === true) throw new Error("the server hung up");
    const message = next.value;
    if (message.type === "error") throw new Error(`the server said ${message.code}: ${message.message}`);
    if (isOfType(message, type)) return message;
  }
}

function isOfType<Type extends ServerMessage["type"]>(
  message: ServerMessage,
  type: Type,
): message is Extract<ServerMessage, { readonly type: Type }> {
  return message.type === type;
}
