import type { OpusPacketDecoder } from "../../audio/opus.ts";

const PACKET_MS = 60;
const QUEUE_PACKETS = 2400 / PACKET_MS;
const TICK_MS = 10;
/** Where this process itself stood still for longer, what came meanwhile came when it was sent, not when it was read. */
const STALL_MS = 20;
const STALL_LASTS_MS = 200;

/** A board's decode queue and what comes out of it (main/audio/audio_service.cc): a packet every 60 ms, 40 packets at most. */
export class BoardLoudspeaker {
  /** Packets that came while the board did not speak, and beyond what its queue holds. */
  droppedUnheard = 0;
  droppedByQueue = 0;
  /** Packets that came too early for a board only because the test stood still: played once it speaks. */
  #early: Uint8Array[] = [];
  /** Packets that came, of the answer at hand. */
  received = 0;
  played: Float32Array[] = [];
  /** The longest that what was waiting would have sounded. */
  mostQueuedMs = 0;
  /** How often it ran dry while more was to come. */
  underruns = 0;
  readonly #decoder: OpusPacketDecoder;
  readonly #onDrained: () => void;
  #queue: Uint8Array[] = [];
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;
  #ranDry = false;
  readonly #ticks: NodeJS.Timeout;
  #tickedMs = performance.now();
  #stalledMs = -Infinity;

  constructor(decoder: OpusPacketDecoder, onDrained: () => void) {
    this.#decoder = decoder;
    this.#onDrained = onDrained;
    this.#ticks = setInterval(() => {
      const nowMs = performance.now();
      if (nowMs - this.#tickedMs > TICK_MS + STALL_MS) this.#stalledMs = nowMs;
      this.#tickedMs = nowMs;
    }, TICK_MS);
  }

  get #isSteady(): boolean {
    const nowMs = performance.now();
    return nowMs - this.#tickedMs < TICK_MS + STALL_MS && nowMs - this.#stalledMs > STALL_LASTS_MS;
  }

  get isIdle(): boolean {
    return this.#timer === undefined;
  }

  get playedMs(): number {
    return this.played.length * PACKET_MS;
  }

  push(packet: Uint8Array, isSpeaking: boolean): void {
    if (!isSpeaking) {
      if (this.#isSteady) this.droppedUnheard += 1;
      else this.#early.push(Uint8Array.from(packet));
      return;
    }
    if (this.#queue.length >= QUEUE_PACKETS) {
      this.droppedByQueue += 1;
      return;
    }
    this.received += 1;
    this.#queue.push(Uint8Array.from(packet));
    if (this.#isSteady) this.mostQueuedMs = Math.max(this.mostQueuedMs, this.#queue.length * PACKET_MS);
    if (this.#timer !== undefined) return;
    if (this.#ranDry) this.underruns += 1;
    this.#dueMs = performance.now();
    this.#play();
  }

  /** An answer begins: what was waiting is gone. */
  reset(): void {
    this.#queue = [];
    this.played = [];
    this.received = 0;
    this.#ranDry = false;
    for (const packet of this.#early.splice(0)) this.push(packet, true);
  }

  stop(): void {
    clearInterval(this.#ticks);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #play(): void {
    const packet = this.#queue.shift();
    if (packet === undefined) {
      this.#timer = undefined;
      this.#ranDry = true;
      this.#onDrained();
      return;
    }
    this.played.push(this.#decoder.decode(packet));
    this.#dueMs += PACKET_MS;
    this.#timer = setTimeout(
      () => {
        this.#play();
      },
      Math.max(0, this.#dueMs - performance.now()),
    );
  }
}
