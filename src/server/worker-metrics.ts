import { STEP_CLASSES_MS } from "../../models/runtime/step-counters.ts";
import type { WorkerFigures } from "../../models/runtime/worker-host.ts";

/**
 * The workers' figures in Prometheus' text format, with the worker as label. By hand, since the durations of steps are
 * counted in memory that workers share, and the library takes no histogram that is already counted.
 */
export function printWorkers(workers: readonly WorkerFigures[]): string {
  if (workers.length === 0) return "";
  const each = (print: (figures: WorkerFigures) => string[]): string[] => workers.flatMap(print);
  const lines = [
    ...head(
      "antiphon_worker_up",
      "gauge",
      "1 where the worker can work, 0 while it starts again or is given up",
    ),
    ...each(({ worker, state }) => [`antiphon_worker_up{worker="${worker}"} ${state === "ready" ? 1 : 0}`]),
    ...head("antiphon_worker_restarts_total", "counter", "How often the worker died and was started again"),
    ...each(({ worker, restarts }) => [`antiphon_worker_restarts_total{worker="${worker}"} ${restarts}`]),
    ...head("antiphon_worker_jobs", "gauge", "Jobs that have begun, and jobs that have not had a step yet"),
    ...each(({ worker, running, waiting }) => [
      `antiphon_worker_jobs{worker="${worker}",state="running"} ${running}`,
      `antiphon_worker_jobs{worker="${worker}",state="waiting"} ${waiting}`,
    ]),
    ...head("antiphon_worker_step_ms", "histogram", "Milliseconds of each step of a job"),
    ...each(printSteps),
  ];
  return `${lines.join("\n")}\n`;
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

/** Prometheus wants each class to hold the shorter steps as well. */
function printSteps({ worker, stepsByDuration, stepsMs }: WorkerFigures): string[] {
  let steps = 0;
  const classes = stepsByDuration.map((count, index) => {
    steps += count;
    const longest = STEP_CLASSES_MS[index] ?? "+Inf";
    return `antiphon_worker_step_ms_bucket{worker="${worker}",le="${longest}"} ${steps}`;
  });
  return [
    ...classes,
    `antiphon_worker_step_ms_sum{worker="${worker}"} ${stepsMs}`,
    `antiphon_worker_step_ms_count{worker="${worker}"} ${steps}`,
  ];
}
