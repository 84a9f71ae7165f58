import type { Worker } from "node:worker_threads";

import type { GenerateRequest, GenerationEvent } from "../../streaming/index.ts";

/** A greedy request for a few words. */
export function request(changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    seat: "a",
    messages: [{ role: "user", content: "What is the capital of France?" }],
    maxTokens: 10,
    sampling: { temperature: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 },
    stop: [],
    ...changes,
  };
}

/** Far more tokens than can be written before the test does what it wants to do in between. */
export const ENDLESS = { maxTokens: 900 };

export const idle = new AbortController().signal;

/** All that comes; `onText` is called for each piece of text, and waited for. */
export async function collect(
  events: AsyncIterable<GenerationEvent>,
  onText: () => unknown = () => undefined,
): Promise<GenerationEvent[]> {
  const seen: GenerationEvent[] = [];
  for await (const event of events) {
    seen.push(event);
    if (event.type === "text-delta") await onText();
  }
  return seen;
}

export const textOf = (events: readonly GenerationEvent[]): string =>
  events.map((event) => (event.type === "text-delta" ? event.text : "")).join("");

/**
 * Kills a thread from within, by what no host sends: it dies of an error that nobody catches, as a real one does. To
 * terminate it from here would end this process where the thread is inside onnxruntime.
 */
export async function kill(thread: Worker): Promise<void> {
  thread.postMessage(null);
  await ended(thread);
}

/** Resolves when the thread has ended, also where it already has, and whatever ended it. */
export async function ended(thread: Worker): Promise<void> {
  if (thread.threadId === -1) return;
  await new Promise((resolve) => thread.once("exit", resolve));
}
