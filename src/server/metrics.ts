import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

import type { WorkerFigures } from "../../models/runtime/worker-host.ts";
import type { AnswerOutcome, ErrorCode, PictureTally, TurnTimings } from "../../streaming/index.ts";
import { DuplexMetrics } from "./duplex-metrics.ts";
import { PictureMetrics, printPictures } from "./picture-metrics.ts";
import { printWorkers } from "./worker-metrics.ts";

const STAGES = ["transcriptMs", "endOfTurnMs", "firstTokenMs", "firstClauseMs", "firstAudioMs"] as const;

/**
 * Numbers for Prometheus. Beside ours: memory (`process_resident_memory_bytes`, heap) and the event loop's delay
 * (`nodejs_eventloop_lag_p99_seconds`) of the library's own collection. Nothing that anybody said is in here.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #sessions = new Gauge({
    name: "antiphon_sessions",
    help: "Conversations that are open",
    registers: [this.#registry],
  });
  readonly #turns = new Counter({
    name: "antiphon_turns_total",
    help: "Answers by how they ended",
    labelNames: ["outcome"],
    registers: [this.#registry],
  });
  readonly #stages = new Histogram({
    name: "antiphon_stage_ms",
    help: "Milliseconds from the last sample of the user's speech to a stage of the answer",
    labelNames: ["stage"],
    buckets: [25, 50, 100, 150, 200, 300, 400, 500, 600, 800, 1000, 1400, 2000, 4000, 8000],
    registers: [this.#registry],
  });
  readonly #errors = new Counter({
    name: "antiphon_errors_total",
    help: "Errors told to clients, by code",
    labelNames: ["code"],
    registers: [this.#registry],
  });
  readonly #droppedFrames = new Counter({
    name: "antiphon_dropped_audio_frames_total",
    help: "Audio frames not sent because the client did not read",
    registers: [this.#registry],
  });

  /** How turns are taken. */
  readonly duplex = new DuplexMetrics(this.#registry);

  /** What clients' cameras send. */
  readonly pictures = new PictureMetrics(this.#registry);

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  setSessions(count: number): void {
    this.#sessions.set(count);
  }

  countTurn(outcome: AnswerOutcome, timings: TurnTimings): void {
    this.#turns.inc({ outcome });
    for (const stage of STAGES) {
      const value = timings[stage];
      if (value !== undefined) this.#stages.observe({ stage: stage.slice(0, -"Ms".length) }, value);
    }
  }

  countError(code: ErrorCode): void {
    this.#errors.inc({ code });
  }

  countDroppedFrame(): void {
    this.#droppedFrames.inc();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All figures in Prometheus' text format. */
  async print(workers: readonly WorkerFigures[] = [], pictures?: PictureTally): Promise<string> {
    return (await this.#registry.metrics()) + printWorkers(workers) + printPictures(pictures);
  }
}
