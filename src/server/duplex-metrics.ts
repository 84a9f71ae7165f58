import { Counter } from "prom-client";
import type { Registry } from "prom-client";

import type { SessionEvent, UtteranceKind } from "../../streaming/index.ts";

/** How a conversation's taking of turns goes: what user sounds were taken for, what became of the answer meanwhile. */
export class DuplexMetrics {
  readonly #decisions: Counter;
  readonly #ducks: Counter;
  readonly #softPauses: Counter;
  readonly #speculations: Counter;
  readonly #discardedMs: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#decisions = new Counter({
      name: "antiphon_decisions_total",
      help: "Stretches of user sound by what the monitor took them for in the end",
      labelNames: ["kind"],
      registers,
    });
    this.#ducks = new Counter({
      name: "antiphon_ducks_total",
      help: "How often an answer was lowered because somebody might be speaking",
      registers,
    });
    this.#softPauses = new Counter({
      name: "antiphon_soft_pauses_total",
      help: "How often an answer was held for a user who might want the floor, by what became of it",
      labelNames: ["outcome"],
      registers,
    });
    this.#speculations = new Counter({
      name: "antiphon_speculations_total",
      help: "Answers begun before the turn was over, by whether they were heard",
      labelNames: ["outcome"],
      registers,
    });
    this.#discardedMs = new Counter({
      name: "antiphon_discarded_ms_total",
      help: "Time for which answers were in the making that were thrown away",
      registers,
    });
  }

  /** Returns what is to be told all events of one conversation, in order. */
  follow(): (event: SessionEvent) => void {
    let decided: { readonly turn: number; readonly kind: UtteranceKind } | undefined;
    let level: Extract<SessionEvent, { readonly type: "floor" }>["level"] = "full";
    const endStretch = (): void => {
      if (decided !== undefined) this.#decisions.inc({ kind: decided.kind });
      decided = undefined;
    };
    const endFloor = (outcome: "resumed" | "stopped"): void => {
      if (level === "paused") this.#softPauses.inc({ outcome });
      level = "full";
    };
    return (event) => {
      if (event.type === "decision") {
        if (decided !== undefined && decided.turn !== event.turn) endStretch();
        decided = event;
      } else if (event.type === "floor") {
        if (event.level === "ducked") this.#ducks.inc();
        if (event.level !== "paused") endFloor("resumed");
        level = event.level;
      } else if (event.type === "transcript-end" || event.type === "turn-dropped") {
        endStretch();
      } else if (event.type === "answer-end") {
        endFloor("stopped");
        const { discarded, discardedMs } = event.timings;
        if (event.isAhead === true) this.#speculations.inc({ outcome: "heard" });
        this.#speculations.inc({ outcome: "discarded" }, discarded);
        this.#discardedMs.inc(discardedMs);
      }
    };
  }
}
