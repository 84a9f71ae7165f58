import { expect, test } from "vitest";

import { STEP_CLASSES_MS } from "../../../models/runtime/step-counters.ts";
import type { WorkerFigures } from "../../../models/runtime/worker-host.ts";
import { parseReadiness } from "../../../src/server/protocol.ts";
import { readinessOf } from "../../../src/server/readiness.ts";
import { printWorkers } from "../../../src/server/worker-metrics.ts";
import { AntiphonError } from "../../../streaming/index.ts";

function figures(changes: Partial<WorkerFigures> = {}): WorkerFigures {
  return {
    worker: "speaking",
    engines: ["language-model", "voice"],
    state: "ready",
    restarts: 0,
    running: 1,
    waiting: 2,
    stepsByDuration: Array.from({ length: STEP_CLASSES_MS.length + 1 }, () => 1),
    stepsMs: 1234.5,
    ...changes,
  };
}

test("a server is ready only where all of its workers are, and says which engines are down", () => {
  expect(readinessOf(undefined)).toEqual({ ready: false, body: { status: "loading" } });
  expect(readinessOf([figures()])).toEqual({ ready: true, body: { status: "ready" } });
  for (const state of ["starting", "stopped"] as const) {
    const hearing = figures({ worker: "hearing", engines: ["speech-recognition"], state });
    expect(readinessOf([figures(), hearing])).toEqual({
      ready: false,
      body: {
        status: "impaired",
        down: [{ worker: "hearing", engines: ["speech-recognition"], state }],
      },
    });
  }
});

test("who waits is told how far loading is and what is loaded; what runs is told afterwards, too", () => {
  const models = { pack: "lite", languageModel: "small", elsewhere: false, voice: "joe" };
  const loading = { step: "fetching", file: "a", doneBytes: 1, totalBytes: 2 } as const;
  const about = { models, loading };
  expect(readinessOf(undefined, about).body).toEqual({ status: "loading", models, loading });
  expect(readinessOf([figures()], about).body).toEqual({ status: "ready", models });
  expect(parseReadiness(JSON.stringify(readinessOf(undefined, about).body)).loading).toEqual(loading);
  expect(() => parseReadiness('{"status":"dancing"}')).toThrow(AntiphonError);
});

test("each figure has its type and one line per worker", () => {
  const lines = printWorkers([
    figures(),
    figures({ worker: "hearing", state: "starting", restarts: 2 }),
  ]).split("\n");
  expect(lines).toContain("# TYPE antiphon_worker_jobs gauge");
  expect(lines).toContain('antiphon_worker_jobs{worker="speaking",state="running"} 1');
  expect(lines).toContain('antiphon_worker_jobs{worker="speaking",state="waiting"} 2');
  expect(lines).toContain('antiphon_worker_up{worker="speaking"} 1');
  expect(lines).toContain('antiphon_worker_up{worker="hearing"} 0');
  expect(lines).toContain('antiphon_worker_restarts_total{worker="hearing"} 2');
  expect(printWorkers([])).toBe("");
});

test("steps are a histogram as Prometheus reads it: every class holds the shorter ones, the last one all", () => {
  const lines = printWorkers([figures()]).split("\n");
  const buckets = lines.filter((line) => line.startsWith("antiphon_worker_step_ms_bucket"));
  expect(buckets.map((line) => Number(line.split(" ")[1]))).toEqual(
    Array.from({ length: STEP_CLASSES_MS.length + 1 }, (_, index) => index + 1),
  );
  expect(buckets.at(-1)).toContain('le="+Inf"');
  expect(lines).toContain('antiphon_worker_step_ms_sum{worker="speaking"} 1234.5');
  expect(lines).toContain(`antiphon_worker_step_ms_count{worker="speaking"} ${STEP_CLASSES_MS.length + 1}`);
});
