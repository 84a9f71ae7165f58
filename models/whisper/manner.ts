import { readFileSync } from "node:fs";

import { z } from "zod";

import { type Manner, MANNERS } from "../../streaming/index.ts";

const headSchema = z.object({
  /** Fingerprint of the checkpoint whose features it was trained on. */
  checkpoint: z.string(),
  /** [manners, features] */
  weights: z.array(z.array(z.number())),
  biases: z.array(z.number()),
});

/** What the trained head reads of an utterance's features; `training/README.md` says how it was trained. */
export type MannerHead = (features: Float32Array) => Manner;

/** The head for a checkpoint by its fingerprint; undefined for others, whose features mean something else. */
export function openMannerHead(fingerprint: string): MannerHead | undefined {
  const text = readFileSync(new URL("./manner.json", import.meta.url), "utf8");
  const head = headSchema.parse(JSON.parse(text));
  return head.checkpoint === fingerprint ? (features) => readManner(head, features) : undefined;
}

/** Multinomial logistic regression: softmax of weights · features + biases, by the names of the manners. */
function readManner({ weights, biases }: z.infer<typeof headSchema>, features: Float32Array): Manner {
  const scores = weights.map((row, index) =>
    row.reduce((sum, weight, feature) => sum + weight * (features[feature] ?? 0), biases[index] ?? 0),
  );
  const highest = Math.max(...scores);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - highest), 0);
  const shares = MANNERS.map(
    (name, index) => [name, Math.exp((scores[index] ?? 0) - highest) / total] as const,
  );
  return Object.fromEntries(shares) as Manner;
}
