import type { WorkerFigures } from "../../models/runtime/worker-host.ts";
import type { Loading, ReadinessBody } from "./protocol.ts";

/** Whether conversations can be held at present, and what is missing for it. */
export interface Readiness {
  readonly ready: boolean;
  /** What `GET /ready` answers. */
  readonly body: ReadinessBody;
}

/** What a server tells about itself beside whether it is ready. */
export interface ServerAbout {
  readonly models: NonNullable<ReadinessBody["models"]>;
  /** Told until it is ready. */
  readonly loading: Loading;
}

/**
 * @param workers - `undefined` while the models are being loaded for the first time. A worker that is `starting` died and
 * its engines are being loaded again; one that is `stopped` died too often.
 */
export function readinessOf(workers: readonly WorkerFigures[] | undefined, about?: ServerAbout): Readiness {
  if (workers === undefined) return { ready: false, body: { status: "loading", ...about } };
  const models = about && { models: about.models };
  const down = workers
    .filter(({ state }) => state !== "ready")
    .map(({ worker, engines, state }) => ({ worker, engines: [...engines], state }));
  if (down.length === 0) return { ready: true, body: { status: "ready", ...models } };
  return { ready: false, body: { status: "impaired", ...models, down } };
}
