import { once } from "node:events";

import WebSocket from "ws";

import { floatsToPcm16, pcm16ToFloats } from "../../audio/index.ts";
import { Playout } from "../../src/client/playout.ts";
import { AntiphonError } from "../../streaming/index.ts";
import type { ServerMessage } from "../../src/server/protocol.ts";
import type { Line, LineOptions } from "./line.ts";

/** What of an event of OpenAI's Realtime interface is read here. */
interface RealtimeEvent {
  readonly type: string;
  readonly item_id?: string;
  readonly delta?: string;
  readonly transcript?: string;
  readonly item?: RealtimeItem;
  readonly response?: { readonly status: string; readonly output: readonly RealtimeItem[] };
  readonly error?: { readonly code: string; readonly message: string };
}

interface RealtimeItem {
  readonly content?: readonly { readonly transcript?: string | null }[];
}

/** The answer that came last. */
interface Answer {
  readonly turn: number;
  itemId: string | undefined;
  /** The user has begun to speak: what comes of it still is not played. */
  isSilenced: boolean;
  /** All of it has been played, or will never be. */
  isPlayed: boolean;
  /** The server knows how much was heard, so that its account of the answer is the last. */
  isSettled: boolean;
}

type AnswerEnd = Extract<ServerMessage, { readonly type: "answer-end" }>;

const FRESH = { isSilenced: false, isPlayed: false, isSettled: true };
const OPEN_TIMEOUT_MS = 10_000;
const SESSION = {
  type: "realtime",
  output_modalities: ["audio"],
  audio: {
    input: {
      format: { type: "audio/pcm", rate: 24_000 },
      turn_detection: { type: "semantic_vad", create_response: true, interrupt_response: true },
      transcription: {},
    },
    output: { format: { type: "audio/pcm", rate: 24_000 } },
  },
};

/**
 * A client of the Realtime dialect as the stock ones are: it falls silent when it is told that the user speaks, and then tells how
 * much was heard. What happens is told as our own protocol would; of decisions and of the floor there is nothing to tell.
 */
export class RealtimeLine implements Line {
  readonly playout: Playout;
  readonly #socket: WebSocket;
  readonly #options: LineOptions;
  #startMs = 0;
  #turn = 0;
  #answer: Answer | undefined;
  /** An answer that is over, of which the server has yet to say what counts as heard. */
  #ended: AnswerEnd | undefined;

  private constructor(options: LineOptions) {
    this.#options = options;
    this.playout = new Playout(options.sampleRate);
    const url = new URL("/v1/realtime?model=antiphon", options.url);
    this.#socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: OPEN_TIMEOUT_MS });
  }

  /** @param options - `url` is that of the server's own protocol. */
  static async open(options: LineOptions): Promise<RealtimeLine> {
    const line = new RealtimeLine(options);
    try {
      await once(line.#socket, "open", options);
      await new Promise<void>((resolve, reject) => {
        line.#listen(resolve, reject);
        line.#send("session.update", { session: SESSION });
      });
      return line;
    } catch (error) {
      line.#socket.terminate();
      throw error;
    }
  }

  nowMs(): number {
    return this.#options.clock.nowMs() - this.#startMs;
  }

  sendAudio(samples: Float32Array): void {
    this.#send("input_audio_buffer.append", {
      audio: Buffer.from(floatsToPcm16(samples)).toString("base64"),
    });
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    this.#socket.close(1000);
    await once(this.#socket, "close");
  }

  #listen(onReady: () => void, onRefused: (error: AntiphonError) => void): void {
    this.#socket.on("message", (data: Buffer) => {
      const event = JSON.parse(data.toString()) as RealtimeEvent;
      if (event.type === "session.updated") {
        this.#startMs = this.#options.clock.nowMs();
        onReady();
      } else this.#note(event);
    });
    this.#socket.on("error", () => undefined); // its end says what happened
    this.#socket.on("close", (code) => {
      const lost = new AntiphonError("connection-failed", `lost the connection (${code})`);
      onRefused(lost); // of no effect once the session is there
      this.#options.onClose(code === 1000 ? undefined : lost);
    });
  }

  #note(event: RealtimeEvent): void {
    const { onMessage } = this.#options;
    switch (event.type) {
      case "input_audio_buffer.speech_started":
        this.#fallSilent();
        onMessage({ type: "speech-start", turn: this.#turn + 1, atMs: this.nowMs() });
        break;
      case "conversation.item.input_audio_transcription.completed":
        onMessage({ type: "transcript-end", turn: this.#turn + 1, text: event.transcript ?? "" });
        break;
      case "response.created":
        this.#tellEnd();
        this.#turn += 1;
        this.#answer = { turn: this.#turn, itemId: undefined, ...FRESH };
        onMessage({ type: "answer-start", turn: this.#turn, seat: 0 });
        break;
      case "response.output_audio_transcript.delta":
        onMessage({ type: "answer-delta", turn: this.#turn, text: event.delta ?? "" });
        break;
      case "response.output_audio.delta":
        this.#hear(event);
        break;
      case "response.output_audio.done":
        if (this.#answer !== undefined) this.#answer.isPlayed = true;
        break;
      case "response.done":
        this.#endAnswer(event);
        break;
      case "conversation.item.truncated":
        this.#send("conversation.item.retrieve", { item_id: event.item_id });
        break;
      case "conversation.item.retrieved":
        this.#tellEnd(textOf(event.item));
        break;
      case "error":
        this.#tellEnd();
        onMessage({ type: "error", fatal: false, code: "internal", message: "", ...event.error });
    }
  }

  #hear({ item_id: itemId, delta = "" }: RealtimeEvent): void {
    const answer = this.#answer;
    if (answer === undefined || answer.isSilenced) return;
    answer.itemId = itemId;
    this.playout.append(answer.turn, pcm16ToFloats(Buffer.from(delta, "base64")), this.nowMs());
  }

  #fallSilent(): void {
    const answer = this.#answer;
    if (answer === undefined || answer.isPlayed || answer.isSilenced) return;
    answer.isSilenced = true;
    const audio_end_ms = Math.floor(this.playout.playedMs(answer.turn, this.nowMs()));
    this.playout.interrupt(this.nowMs());
    const { itemId: item_id } = answer;
    if (item_id === undefined) return;
    answer.isSettled = false;
    this.#send("conversation.item.truncate", { item_id, content_index: 0, audio_end_ms });
  }

  #endAnswer({ response }: RealtimeEvent): void {
    const answer = this.#answer;
    if (answer === undefined || response === undefined) return;
    const { status, output } = response;
    this.#ended = {
      type: "answer-end",
      turn: answer.turn,
      outcome: status === "cancelled" ? "interrupted" : status === "failed" ? "failed" : "completed",
      text: output.map(textOf).join(""),
      timings: { revisions: 0, discarded: 0, discardedMs: 0 },
    };
    if (answer.isSettled) this.#tellEnd();
  }

  /** Tells that an answer is over; `text` is what counts as heard, where the server was asked. */
  #tellEnd(text?: string): void {
    if (this.#answer !== undefined) this.#answer.isSettled = true;
    const ended = this.#ended;
    this.#ended = undefined;
    if (ended !== undefined) this.#options.onMessage(text === undefined ? ended : { ...ended, text });
  }

  #send(type: string, fields: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type, ...fields }));
  }
}

function textOf(item: RealtimeItem | undefined): string {
  return (item?.content ?? []).map(({ transcript }) => transcript ?? "").join("");
}
