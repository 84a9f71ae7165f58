import { parentPort, workerData } from "node:worker_threads";

import { AntiphonError, messageOf } from "../../streaming/index.ts";
import type { ErrorCode } from "../../streaming/index.ts";
import type { Job } from "./engine.ts";
import { openEngine } from "./engine-registry.ts";
import type { AnyEngine, EngineName } from "./engine-registry.ts";
import { Handover } from "./handover.ts";
import type { EngineConfigs, WorkerReply, WorkerRequest, WorkerStart } from "./messages.ts";
import { NativeGate, useNativeGate } from "./native-gate.ts";
import { JobScheduler } from "./scheduler.ts";
import { StepCounters } from "./step-counters.ts";
import { ownBuffers } from "./transfer.ts";

/** The worker thread's program: opens its engines, then runs the jobs it is sent. */
async function main(
  port: NonNullable<typeof parentPort>,
  { engines: configs, counters, gate }: WorkerStart,
): Promise<void> {
  useNativeGate(new NativeGate(gate));
  const engines = new Map<EngineName, AnyEngine>();
  const scheduler = new JobScheduler(new StepCounters(counters));
  const cancellations = new Map<number, () => void>();
  const send: Send = (reply, transfer = []) => {
    port.postMessage(reply, transfer);
  };
  const handover = new Handover(() => {
    send({ type: "take-chunks" });
  });
  const start = jobStarter(engines, scheduler, { send, handover, cancellations });

  port.on("message", (message: WorkerRequest) => {
    switch (message.type) {
      case "job-start":
        start(message);
        break;
      case "job-cancel":
        cancellations.get(message.id)?.();
        cancellations.delete(message.id);
        break;
      case "chunks-taken":
        handover.answered();
        break;
      case "worker-close":
        closing.abort(new AntiphonError("shutting-down", "the worker was closed while it was loading"));
        void closeAll(engines, loaded).finally(() => {
          port.close();
        });
        break;
    }
  });

  const closing = new AbortController();
  const loaded = openAll(configs, engines, closing.signal);
  try {
    await loaded;
    send({ type: "worker-ready" });
  } catch (error) {
    send({ type: "worker-failed", ...describeError(error) });
  }
}

type Send = (reply: WorkerReply, transfer?: ArrayBuffer[]) => void;
type JobStart = Extract<WorkerRequest, { type: "job-start" }>;

interface Surroundings {
  readonly send: Send;
  readonly handover: Handover;
  /** By the jobs' ids. */
  readonly cancellations: Map<number, () => void>;
}

/** What starts a job, and says what becomes of it. */
function jobStarter(
  engines: ReadonlyMap<EngineName, AnyEngine>,
  scheduler: JobScheduler,
  { send, handover, cancellations }: Surroundings,
): (message: JobStart) => void {
  return (message) => {
    const { id, priority, isHandedOver } = message;
    const finish = (reply: WorkerReply): void => {
      cancellations.delete(id);
      send(reply);
    };
    try {
      const cancel = scheduler.submit(createJob(engines, message), priority, {
        onChunk: (chunk) => {
          send({ type: "job-chunk", id, chunk }, ownBuffers(chunk));
          return isHandedOver ? handover.untilTaken() : undefined;
        },
        onEnd: () => {
          finish({ type: "job-end", id });
        },
        onError: (error) => {
          finish({ type: "job-error", id, ...describeError(error) });
        },
      });
      cancellations.set(id, cancel);
    } catch (error) {
      finish({ type: "job-error", id, ...describeError(error) });
    }
  };
}

/** @throws AntiphonError `internal` for a job that no engine here has, else what the engine says to the request. */
function createJob(
  engines: ReadonlyMap<EngineName, AnyEngine>,
  { engine, method, request }: JobStart,
): Job<unknown> {
  const create = engines.get(engine)?.jobs[method];
  if (create === undefined) throw new AntiphonError("internal", `no job ${engine}.${method} in this worker`);
  return create(request as never);
}

/** Gives up between two engines only: nothing can be done about one that is loading. */
async function openAll(
  configs: EngineConfigs,
  engines: Map<EngineName, AnyEngine>,
  signal: AbortSignal,
): Promise<void> {
  for (const [name, config] of Object.entries(configs)) {
    signal.throwIfAborted();
    engines.set(name as EngineName, await openEngine(name as EngineName, config));
  }
}

async function closeAll(engines: ReadonlyMap<EngineName, AnyEngine>, loaded: Promise<void>): Promise<void> {
  await loaded.catch(() => undefined);
  for (const engine of engines.values()) await engine.close();
}

function describeError(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof AntiphonError) return { code: error.code, message: error.message };
  return { code: "inference-failed", message: messageOf(error) };
}

if (parentPort !== null) await main(parentPort, workerData as WorkerStart);
