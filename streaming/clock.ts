/** Where time comes from. Passed in, so that tests decide what time it is. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary start. */
  nowMs(): number;
  /** Resolves `ms` from now, rejects with the signal's reason when aborted. */
  sleep(ms: number, options: { readonly signal: AbortSignal }): Promise<void>;
}
