import { Counter, type Registry } from "prom-client";

import type { PictureTally } from "../../streaming/index.ts";

/** What becomes of a client's pictures. `past`, `future`: captured at no time that counts; `rate`: too many. */
export type PictureOutcome = "taken" | "past" | "future" | "rate";

/** How many pictures came, and why some were dropped. */
export class PictureMetrics {
  readonly #pictures: Counter;

  constructor(registry: Registry) {
    this.#pictures = new Counter({
      name: "antiphon_pictures_total",
      help: "Pictures of clients' cameras by what became of them",
      labelNames: ["outcome"],
      registers: [registry],
    });
  }

  count(outcome: PictureOutcome): void {
    this.#pictures.inc({ outcome });
  }
}

/** What became of the pictures that were taken, in Prometheus' text format. */
export function printPictures(tally: PictureTally | undefined): string {
  if (tally === undefined) return "";
  const name = "antiphon_pictures_looked_at_total";
  return [
    `# HELP ${name} Pictures that were taken by how far they came; undecoded and unseen gave way to newer ones`,
    `# TYPE ${name} counter`,
    ...Object.entries(tally).map(([stage, count]) => `${name}{stage="${stage}"} ${count}`),
    "",
  ].join("\n");
}
