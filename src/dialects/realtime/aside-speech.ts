import { ClauseSpeaker, type Clock, type SessionModels } from "../../../streaming/index.ts";
import { RealtimeError } from "./errors.ts";
import type { ResponseWriter } from "./response-writer.ts";
import type { SoundFormat } from "./session-schema.ts";
import { SoundOut } from "./sound.ts";

/** Nobody talks into it, but what a client takes in more slowly than it is spoken would pile up, and what is said beside it be lost. */
const LEAD_MS = 1000;

/** How it is to sound. */
export interface AsideVoice {
  readonly format: SoundFormat;
  readonly speed: number;
}

export interface AsideSpeechHost {
  readonly models: () => Pick<SessionModels, "synthesizer"> | undefined;
  readonly clock: Clock;
  /** Ends it where it stands. */
  readonly signal: AbortSignal;
}

/** Speaks a response outside of the conversation, clause by clause, while the rest of it is being written. */
export class AsideSpeech {
  readonly #writer: ResponseWriter;
  readonly #format: SoundFormat;
  readonly #host: AsideSpeechHost;
  readonly #speaker: ClauseSpeaker;
  readonly #sampleRate: number;
  readonly #spoken: Promise<void>;
  #failure: unknown;
  #startMs = 0;

  /** @throws RealtimeError where there is no voice any more. */
  constructor(writer: ResponseWriter, { format, speed }: AsideVoice, host: AsideSpeechHost) {
    const synthesizer = host.models()?.synthesizer;
    if (synthesizer === undefined) throw new RealtimeError("not_ready", "The models are gone.");
    this.#writer = writer;
    this.#format = format;
    this.#host = host;
    this.#sampleRate = synthesizer.sampleRate;
    // Whoever is spoken with is spoken to first.
    this.#speaker = new ClauseSpeaker({ synthesizer, clock: host.clock, speed, inBackground: true });
    this.#spoken = this.#speak();
    this.#spoken.catch((error: unknown) => (this.#failure = error));
  }

  /** The next words. Throws where those before could not be spoken. */
  add(text: string): void {
    if (this.#failure !== undefined) throw this.#failure as Error;
    this.#speaker.write(text);
  }

  /** No more words will come. Resolves when all of it has been sent; rejects where it could not be spoken. */
  async finish(): Promise<void> {
    this.#speaker.endClause();
    this.#speaker.finish();
    await this.#spoken;
  }

  async #speak(): Promise<void> {
    let sound: SoundOut | undefined;
    try {
      for await (const { chunk } of this.#speaker.pieces(this.#host)) {
        sound ??= await SoundOut.open(this.#format, this.#sampleRate);
        await this.#send(sound.encode(chunk));
      }
      if (sound !== undefined) await this.#send(sound.finish());
    } finally {
      sound?.close();
    }
  }

  async #send(pieces: readonly string[]): Promise<void> {
    const { clock, signal } = this.#host;
    for (const piece of pieces) {
      const { soundMs } = this.#writer;
      // What has waited for others is not sent all the faster afterwards.
      this.#startMs = Math.max(this.#startMs, clock.nowMs() - soundMs);
      const aheadMs = soundMs - (clock.nowMs() - this.#startMs);
      if (aheadMs > LEAD_MS) await clock.sleep(aheadMs - LEAD_MS, { signal });
      signal.throwIfAborted();
      this.#writer.addSound(piece, SoundOut.pieceMs);
    }
  }
}
