import { ConversationClient } from "../../src/client/conversation-client.ts";
import { systemClock } from "../../src/clock.ts";
import type { ServerMessage } from "../../src/server/protocol.ts";

/** Sample rate of the wire, in Hz. */
export const HEADSET_SAMPLE_RATE = 24_000;

const FRAME_MS = 20;
const FRAME_SAMPLES = (HEADSET_SAMPLE_RATE * FRAME_MS) / 1000;
const PATIENCE_MS = 120_000;

type Received =
  ServerMessage | { readonly type: "sound"; readonly turn: number; readonly samples: Float32Array };

/** Somebody with a headset: speaks in real time over a real socket, and keeps what comes back in order. */
export class Headset {
  readonly client: ConversationClient;
  readonly received: Received[];
  #frames = 0;

  private constructor(client: ConversationClient, received: Received[]) {
    this.client = client;
    this.received = received;
    const append = client.playout.append.bind(client.playout);
    client.playout.append = (turn, samples, nowMs) => {
      received.push({ type: "sound", turn, samples });
      append(turn, samples, nowMs);
    };
  }

  static async putOn(url: string): Promise<Headset> {
    const received: Received[] = [];
    const client = await ConversationClient.open({
      url,
      sampleRate: HEADSET_SAMPLE_RATE,
      clock: systemClock,
      signal: new AbortController().signal,
      onMessage: (message) => received.push(message),
      onClose: () => undefined,
    });
    return new Headset(client, received);
  }

  /** Says a recording of {@link HEADSET_SAMPLE_RATE}. */
  async say(samples: Float32Array): Promise<void> {
    for (let start = 0; start < samples.length; start += FRAME_SAMPLES) {
      const frame = new Float32Array(FRAME_SAMPLES);
      frame.set(samples.subarray(start, start + FRAME_SAMPLES));
      await this.#send(frame);
    }
  }

  /** Says nothing until something has happened. */
  async listenUntil<Found>(look: () => Found | undefined): Promise<Found> {
    const start = this.#frames;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if ((this.#frames - start) * FRAME_MS > PATIENCE_MS) {
        const last = this.received.filter(({ type }) => type !== "sound").at(-1);
        throw new Error(`nothing came after ${JSON.stringify(last)}`);
      }
      await this.#send(new Float32Array(FRAME_SAMPLES));
    }
  }

  /** Listens to a turn's answer until it has been heard to its end. */
  async listenToAnswer(turn: number): Promise<Extract<Received, { type: "answer-end" }>> {
    const end = await this.listenUntil(() => this.find("answer-end", turn));
    await this.listenUntil(() => (this.client.playout.endMs <= this.client.nowMs() ? true : undefined));
    return end;
  }

  find<Type extends "answer-end" | "transcript-end">(
    type: Type,
    turn: number,
  ): Extract<Received, { type: Type }> | undefined {
    return this.received.find((message): message is Extract<Received, { type: Type }> => {
      return message.type === type && message.turn === turn;
    });
  }

  /** What came of a turn's answer as sound, without the pauses of a slow line. */
  soundOf(turn: number): Float32Array {
    const parts = this.received.flatMap((message) =>
      message.type === "sound" && message.turn === turn ? [...message.samples] : [],
    );
    return Float32Array.from(parts);
  }

  /** A microphone has a frame when the frame is over, not when it begins. */
  async #send(frame: Float32Array): Promise<void> {
    this.#frames += 1;
    const waitMs = this.#frames * FRAME_MS - this.client.nowMs();
    if (waitMs > 0) await systemClock.sleep(waitMs, { signal: new AbortController().signal });
    this.client.sendAudio(frame);
  }
}
