import { type Level, measureLevel } from "../../audio/index.ts";
import { AntiphonError, type Clock } from "../../streaming/index.ts";
import type { ServerMessage } from "../server/protocol.ts";
import { ConversationClient } from "./conversation-client.ts";
import { type Loudspeaker, openLoudspeaker } from "./loudspeaker.ts";
import { openMicrophone } from "./microphone.ts";

/** Sample rate of the devices and of the wire, in Hz. */
const SAMPLE_RATE = 24_000;

export interface LiveConversationOptions {
  readonly url: string;
  readonly clock: Clock;
  /** Ends the conversation. */
  readonly signal: AbortSignal;
  /** Devices by the names that the sound programs know. */
  readonly microphone?: string | undefined;
  readonly loudspeaker?: string | undefined;
  /** Whether the microphone is open from the start. */
  readonly open: boolean;
  /** Called with what the server says. */
  readonly onMessage: (message: ServerMessage) => void;
  /** Called for each 20 ms of the microphone. */
  readonly onLevel: (level: Level) => void;
}

/** A conversation with this machine's own microphone and loudspeaker. */
export class LiveConversation {
  /** Whether what the microphone hears is sent; else silence is. */
  microphoneOpen: boolean;
  readonly #client: ConversationClient;
  readonly #failure: AbortController;

  private constructor(client: ConversationClient, failure: AbortController, open: boolean) {
    this.#client = client;
    this.#failure = failure;
    this.microphoneOpen = open;
  }

  /**
   * Holds a conversation until the signal ends it; `use` is called when it has begun.
   * @throws AntiphonError `sound-unavailable`, `connection-failed`, or whatever the server refuses with.
   */
  static async hold(
    options: LiveConversationOptions,
    use: (conversation: LiveConversation) => void,
  ): Promise<void> {
    const failure = new AbortController();
    const loudspeaker = openLoudspeaker(SAMPLE_RATE, options.clock, options.loudspeaker);
    try {
      const client = await connect(options, loudspeaker, failure);
      try {
        const conversation = new LiveConversation(client, failure, options.open);
        failWith(failure, loudspeaker);
        use(conversation);
        await conversation.#listen(options);
      } finally {
        await client.close();
      }
    } finally {
      loudspeaker.close();
    }
  }

  /** Asks for silence. */
  interrupt(): void {
    this.#client.interrupt();
  }

  async #listen({ microphone: device, signal, onLevel }: LiveConversationOptions): Promise<void> {
    const microphone = openMicrophone(SAMPLE_RATE, device);
    const over = AbortSignal.any([signal, this.#failure.signal]);
    try {
      for await (const frame of microphone.frames({ signal: over })) {
        onLevel(measureLevel(frame));
        this.#client.sendAudio(this.microphoneOpen ? frame : new Float32Array(frame.length));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      microphone.close();
    }
  }
}

async function connect(
  { url, clock, signal, onMessage }: LiveConversationOptions,
  { queue }: Loudspeaker,
  failure: AbortController,
): Promise<ConversationClient> {
  return await ConversationClient.open({
    url,
    sampleRate: SAMPLE_RATE,
    clock,
    signal,
    speaker: queue,
    onMessage,
    onClose: (error) => {
      failure.abort(error ?? new AntiphonError("connection-failed", "the server hung up"));
    },
  });
}

function failWith(failure: AbortController, { ended }: Loudspeaker): void {
  void ended.then((error) => {
    if (error !== undefined) failure.abort(error);
  });
}
