import type { Playout } from "../../src/client/playout.ts";
import type { ConversationClientOptions } from "../../src/client/conversation-client.ts";

/** How a trial's user and the server hear each other. Times are in ms since the line was opened. */
export interface Line {
  /** What of the answers is heard. */
  readonly playout: Playout;
  nowMs(): number;
  /** Sends what the microphone heard next. */
  sendAudio(samples: Float32Array): void;
  close(): Promise<void>;
}

/** Sound of both directions is 16-bit PCM at `sampleRate`; what happens is told as our own protocol tells it. */
export type LineOptions = Omit<ConversationClientOptions, "sampleRate" | "resume" | "speaker"> & {
  readonly sampleRate: 24_000;
};
