import { AntiphonError, type Clock, type ErrorCode } from "../../streaming/index.ts";
import type { Limits } from "../config.ts";
import { TokenBucket } from "./limits.ts";

/** Mistakes on the wire that a client may make at once; the next one ends the connection. */
const FORGIVEN_STRIKES = 2;
const STRIKE_FORGOTTEN_SECONDS = 60;
const OPUS_ERRORS_PER_SECOND = 50;

/** Mistakes of programs; what a person typed or what one packet lost on its way is none. */
const STRIKES: ReadonlySet<ErrorCode> = new Set([
  "message-invalid",
  "message-unknown",
  "frame-invalid",
  "rate-exceeded",
]);

/** How much one connection may send and how often it may be wrong. */
export class InboundLimits {
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #audioMs: TokenBucket;
  readonly #strikes: TokenBucket;
  readonly #opusErrors: TokenBucket;
  readonly #complaints: TokenBucket;

  constructor(clock: Clock, limits: Limits) {
    const { messagesPerSecond, bytesPerSecond, audioRate, audioBurstMs, maxPayloadBytes } = limits;
    const burst = audioBurstMs / 1000;
    this.#messages = new TokenBucket(clock, {
      capacity: messagesPerSecond * burst,
      perSecond: messagesPerSecond,
    });
    const bytes = Math.max(maxPayloadBytes, bytesPerSecond * burst);
    this.#bytes = new TokenBucket(clock, { capacity: bytes, perSecond: bytesPerSecond });
    this.#audioMs = new TokenBucket(clock, { capacity: audioBurstMs, perSecond: audioRate * 1000 });
    this.#strikes = new TokenBucket(clock, {
      capacity: FORGIVEN_STRIKES,
      perSecond: 1 / STRIKE_FORGOTTEN_SECONDS,
    });
    this.#opusErrors = new TokenBucket(clock, {
      capacity: OPUS_ERRORS_PER_SECOND,
      perSecond: OPUS_ERRORS_PER_SECOND,
    });
    this.#complaints = new TokenBucket(clock, { capacity: 1, perSecond: 1 });
  }

  /** @throws AntiphonError `rate-exceeded`. */
  admitMessage(byteLength: number): void {
    if (!this.#messages.take(1))
      throw new AntiphonError("rate-exceeded", "too many messages a second; some were dropped");
    if (!this.#bytes.take(byteLength))
      throw new AntiphonError("rate-exceeded", "too many bytes a second; some were dropped");
  }

  /** @throws AntiphonError `rate-exceeded`. */
  admitAudio(durationMs: number): void {
    if (this.#audioMs.take(durationMs)) return;
    throw new AntiphonError(
      "rate-exceeded",
      "sound comes faster than it plays; some was dropped (is its rate declared right?)",
    );
  }

  /** What a mistake leads to: words to the client, silence because words were said a moment ago, or the end. */
  judge(error: AntiphonError): "tell" | "ignore" | "close" {
    if (error.code === "opus-invalid" && !this.#opusErrors.take(1)) return "close";
    const repeats =
      error.code === "opus-invalid" || error.code === "rate-exceeded" || error.code === "picture-time";
    if (repeats && !this.#complaints.take(1)) return "ignore";
    return STRIKES.has(error.code) && !this.#strikes.take(1) ? "close" : "tell";
  }
}
