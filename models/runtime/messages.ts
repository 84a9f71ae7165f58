import type { ErrorCode } from "../../streaming/index.ts";
import type { EngineName } from "./engine-registry.ts";

/** Engines of one worker, each with the configuration its opener takes. */
export type EngineConfigs = Readonly<Partial<Record<EngineName, unknown>>>;

/** What a worker is started with. */
export interface WorkerStart {
  readonly engines: EngineConfigs;
  /** Memory of the {@link StepCounters} that the worker keeps. */
  readonly counters: SharedArrayBuffer;
  /** Memory of the {@link NativeGate} that the worker goes through. */
  readonly gate: SharedArrayBuffer;
}

/** Main thread → worker. */
export type WorkerRequest =
  | {
      readonly type: "job-start";
      readonly id: number;
      readonly engine: EngineName;
      readonly method: string;
      readonly request: unknown;
      readonly priority: number;
      /** As in the call options of an engine. */
      readonly isHandedOver: boolean;
    }
  | { readonly type: "job-cancel"; readonly id: number }
  | { readonly type: "chunks-taken" }
  | { readonly type: "worker-close" };

/** Worker → main thread. */
export type WorkerReply =
  | { readonly type: "worker-ready" }
  | { readonly type: "worker-failed"; readonly code: ErrorCode; readonly message: string }
  | { readonly type: "job-chunk"; readonly id: number; readonly chunk: unknown }
  /** To be answered by `chunks-taken` behind all that is done about the chunks before it. */
  | { readonly type: "take-chunks" }
  | { readonly type: "job-end"; readonly id: number }
  | { readonly type: "job-error"; readonly id: number; readonly code: ErrorCode; readonly message: string };
