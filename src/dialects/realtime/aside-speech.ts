import {
  Channel,
  type Clause,
  ClauseSplitter,
  type Clock,
  type SessionModels,
} from "../../../streaming/index.ts";
import { RealtimeError } from "./errors.ts";
import type { ResponseWriter } from "./response-writer.ts";
import type { SoundFormat } from "./session-schema.ts";
import { SoundOut } from "./sound.ts";

/** An answer has far fewer clauses. */
const WAITING = 10_000;
/** Nobody talks into it, but what a client cannot take in as fast as it is spoken would pile up, and be lost. */
const LEAD_MS = 4000;

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
  readonly #voice: AsideVoice;
  readonly #host: AsideSpeechHost;
  readonly #splitter = new ClauseSplitter();
  readonly #clauses = new Channel<Clause>({ capacity: WAITING, overflow: "fail" });
  readonly #spoken: Promise<void>;
  #startMs: number | undefined;

  constructor(writer: ResponseWriter, voice: AsideVoice, host: AsideSpeechHost) {
    this.#writer = writer;
    this.#voice = voice;
    this.#host = host;
    this.#spoken = this.#speak();
    this.#spoken.catch(() => undefined); // told by `finish`, if anybody waits for it
  }

  /** The next words. */
  add(text: string): void {
    for (const clause of this.#splitter.push(text)) this.#clauses.push(clause);
  }

  /** No more words will come. Resolves when all of it has been sent; rejects where it could not be spoken. */
  async finish(): Promise<void> {
    for (const clause of this.#splitter.flush()) this.#clauses.push(clause);
    this.#clauses.close();
    await this.#spoken;
  }

  async #speak(): Promise<void> {
    const { models, signal } = this.#host;
    const synthesizer = models()?.synthesizer;
    if (synthesizer === undefined) throw new RealtimeError("not_ready", "The models are gone.");
    const { format, speed } = this.#voice;
    const sound = await SoundOut.open(format, synthesizer.sampleRate);
    try {
      for await (const { text } of this.#clauses.read({ signal })) {
        // Whoever is spoken with is spoken to first.
        const request = { text, speed, inBackground: true };
        for await (const chunk of synthesizer.synthesize(request, { signal }))
          await this.#send(sound.encode(chunk));
      }
      await this.#send(sound.finish());
    } finally {
      sound.close();
    }
  }

  async #send(pieces: readonly string[]): Promise<void> {
    const { clock, signal } = this.#host;
    for (const piece of pieces) {
      this.#startMs ??= clock.nowMs();
      const aheadMs = this.#writer.soundMs - (clock.nowMs() - this.#startMs);
      if (aheadMs > LEAD_MS) await clock.sleep(aheadMs - LEAD_MS, { signal });
      signal.throwIfAborted();
      this.#writer.addSound(piece, SoundOut.pieceMs);
    }
  }
}
