/**
 * An engine is a set of networks and their state that lives on one worker thread. onnxruntime blocks the thread that
 * runs it, so work is cut into jobs, and jobs into steps: a job is an async generator, one `next()` is one step with
 * at most one network run (the longest, of an answer's prompt, is cut to about 250 ms: `models/llm/seat-jobs.ts`). Between
 * steps the scheduler picks the most urgent job and hears cancellations.
 */

/** Method name → what it is asked and what it yields. Both must survive structured cloning. */
export type EngineContract<Contract> = {
  readonly [Method in keyof Contract]: { readonly request: unknown; readonly chunk: unknown };
};

/** Yields `undefined` for a step without output. `return()` is called when the job is cancelled between steps. */
export type Job<Chunk> = AsyncGenerator<Chunk | undefined, void, void>;

export interface Engine<Contract extends EngineContract<Contract>> {
  readonly jobs: {
    readonly [Method in keyof Contract]: (
      request: Contract[Method]["request"],
    ) => Job<Contract[Method]["chunk"]>;
  };
  close(): Promise<void>;
}

/** Urgency of a job; the lowest number runs first, equals take turns step by step. */
export const PRIORITY = {
  detection: 0,
  endOfTurn: 1,
  pictureDecoding: 1,
  synthesis: 2,
  generation: 3,
  finalTranscript: 2,
  looking: 2,
  partialTranscript: 4,
  scoring: 2,
  lookingAhead: 5,
  prefill: 5,
  background: 6,
} as const;

export interface EngineCallOptions {
  readonly signal: AbortSignal;
  readonly priority: number;
  /**
   * Whether the worker does nothing else behind each chunk until its reader has asked for what they want because of it, where that
   * takes no longer than a moment. @default false
   */
  readonly isHandedOver?: boolean;
  /** Buffers of the request to move instead of copy; the caller must not touch them again. */
  readonly transfer?: readonly ArrayBuffer[];
}

/** The caller's side of an engine, wherever it runs. */
export interface EngineClient<Contract extends EngineContract<Contract>> {
  /** Runs a job and yields its chunks; rejects with `signal.reason` once aborted, `worker-crashed` if the worker died. */
  run<Method extends keyof Contract & string>(
    method: Method,
    request: Contract[Method]["request"],
    options: EngineCallOptions,
  ): AsyncIterable<Contract[Method]["chunk"]>;
}
