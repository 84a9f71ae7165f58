import type { WorkerFigures } from "../../models/runtime/worker-host.ts";

/** Whether conversations can be held at present, and what is missing for it. */
export interface Readiness {
  readonly ready: boolean;
  /** What `GET /ready` answers. */
  readonly body:
    | { readonly status: "ready" | "loading" }
    | { readonly status: "impaired"; readonly down: readonly DownWorker[] };
}

/** `starting`: it died and its engines are being loaded again. `stopped`: it died too often. */
type DownWorker = Pick<WorkerFigures, "worker" | "engines" | "state">;

/** @param workers - `undefined` while the models are being loaded for the first time. */
export function readinessOf(workers: readonly WorkerFigures[] | undefined): Readiness {
  if (workers === undefined) return { ready: false, body: { status: "loading" } };
  const down = workers
    .filter(({ state }) => state !== "ready")
    .map(({ worker, engines, state }) => ({ worker, engines, state }));
  if (down.length === 0) return { ready: true, body: { status: "ready" } };
  return { ready: false, body: { status: "impaired", down } };
}
