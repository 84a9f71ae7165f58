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

/** How much of an answer is heard before the next question. */
const LISTEN_MS = 300;

/** Memory is the median of this many turns: single readings depend on when garbage was last collected. */
const READINGS = 15;

export interface GrowthOptions extends BenchOptions {
  /** Turns over which the growth is measured, after those that fill the context. */
  readonly turns: number;
}

/** Memory of the server over a long conversation: typed questions whose answers are cut short, so that it ends today. */
export async function measureGrowth({ pack, turns, signal, note }: GrowthOptions): Promise<Findings> {
  const server = await ServerProgram.start(pack, signal);
  try {
    const readings = await converse(server, SETTLING_TURNS + turns, signal, note);
    const resident = readings.map((reading) => reading.resident);
    const settled = median(resident.slice(SETTLING_TURNS - READINGS, SETTLING_TURNS));
    const last = median(resident.slice(-READINGS));
    const first = resident[0] ?? 0;
    return {
      settings: { pack, settlingTurns: SETTLING_TURNS, turns },
      figures: [
        single("server's memory after the first turn", "MB", first),
        single(`  after ${SETTLING_TURNS} turns, which fill the context`, "MB", settled),
        single(`  after ${turns} turns more`, "MB", last),
        single(`growth over ${turns} turns`, "MB", last - settled, LIMITS.growth[pack]),
        series(
          "mapped files",
          "MB",
          readings.map(({ fileMapped }) => fileMapped),
        ),
      ],
      notes: [],
      details: { resident },
    };
  } finally {
    await server.stop();
  }
}

async function converse(
  server: ServerProgram,
  turns: number,
  signal: AbortSignal,
  note: (line: string) => void,
): Promise<Memory[]> {
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
  const readings: Memory[] = [];
  try {
    for (let turn = 0; turn < turns; turn += 1) {
      if (turn % 50 === 0) note(`turn ${turn} of ${turns}`);
      client.sendText(`${QUESTIONS[turn % QUESTIONS.length]?.text ?? ""} (${turn + 1})`);
      await until(reader, "answer-delta");
      await pause(LISTEN_MS, signal);
      client.interrupt();
      await until(reader, "answer-end");
      const memory = await server.memory();
      if (memory === undefined) throw new Error("this system does not say how much memory a process uses");
      readings.push(memory);
    }
    return readings;
  } finally {
    await client.close();
  }
}

/** Reads messages up to the first of that type. */
async function until(
  messages: AsyncIterator<ServerMessage, void>,
  type: ServerMessage["type"],
): Promise<void> {
  for (;;) {
    const next = await messages.next();
    if (next.done === true) throw new Error("the server hung up");
    const message = next.value;
    if (message.type === "error") throw new Error(`the server said ${message.code}: ${message.message}`);
    if (message.type === type) return;
  }
}
