import type { WorkletUrls } from "./sound.ts";

/** What a client has to know before it can connect. */
export interface VoiceClientOptions {
  /** Of the server, `http://host:port`. */
  readonly origin: string;
  /** One of the server's keys, where it asks for them. */
  readonly apiKey?: string | undefined;
  readonly worklets: WorkletUrls;
}
