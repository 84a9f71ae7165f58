import { openRecordingEngine, type RecordingContract } from "../models/recordings/engine.ts";
import { type EngineClient, PRIORITY } from "../models/runtime/engine.ts";
import { inProcessClient } from "../models/runtime/in-process.ts";
import { singleChunk } from "../models/runtime/single-chunk.ts";
import { WorkerHost } from "../models/runtime/worker-host.ts";
import type { CallOptions } from "../streaming/index.ts";

/** Longer ones are refused. */
const LONGEST_MS = 3_600_000;

/** Decodes recordings off the main thread, on a worker that starts with the first. */
export class Recordings {
  #worker: Promise<WorkerHost> | undefined;
  #client: Promise<EngineClient<RecordingContract>> | undefined;

  /**
   * WAV, FLAC, MP3, Ogg Opus or Ogg Vorbis, up to an hour, as mono samples at 16 kHz. Takes the bytes' memory over.
   * @throws AntiphonError with an `audio-` code.
   */
  async decode(bytes: Uint8Array<ArrayBuffer>, { signal }: CallOptions): Promise<Float32Array> {
    this.#client ??= this.#open().catch((error: unknown) => {
      this.#client = undefined; // the next one may have more luck
      throw error;
    });
    const client = await this.#client;
    const request = { bytes, maximumDurationMs: LONGEST_MS };
    const options = { signal, priority: PRIORITY.background, transfer: [bytes.buffer] };
    return await singleChunk(client.run("decode", request, options));
  }

  async close(): Promise<void> {
    const worker = await this.#worker?.catch(() => undefined);
    await worker?.[Symbol.asyncDispose]();
  }

  async #open(): Promise<EngineClient<RecordingContract>> {
    // Threads run compiled code only; from the sources, as in tests, it is this thread that decodes.
    if (import.meta.url.endsWith(".ts")) return inProcessClient(await openRecordingEngine());
    this.#worker = WorkerHost.open({ name: "recordings", engines: { recordings: undefined } });
    return (await this.#worker).client("recordings");
  }
}
