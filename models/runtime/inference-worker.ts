import { parentPort, workerData } from "node:worker_threads";

import { AntiphonError } from "../../streaming/index.ts";
import type { ErrorCode } from "../../streaming/index.ts";
import { openEngine } from "./engine-registry.ts";
import type { AnyEngine, EngineName } from "./engine-registry.ts";
import type { EngineConfigs, WorkerReply, WorkerRequest, WorkerStart } from "./messages.ts";
import { JobScheduler } from "./scheduler.ts";
import { StepCounters } from "./step-counters.ts";
import { ownBuffers } from "./transfer.ts";

/** The worker thread's program: opens its engines, then runs the jobs it is sent. */
async function main(
  port: NonNullable<typeof parentPort>,
  { engines: configs, counters }: WorkerStart,
): Promise<void> {
  const engines = new Map<EngineName, AnyEngine>();
  const scheduler = new JobScheduler(new StepCounters(counters));
  const cancellations = new Map<number, () => void>();
  const send = (reply: WorkerReply, transfer: ArrayBuffer[] = []): void => {
    port.postMessage(reply, transfer);
  };

  const start = (message: Extract<WorkerRequest, { type: "job-start" }>): void => {
    const { id, priority } = message;
    const finish = (reply: WorkerReply): void => {
      cancellations.delete(id);
      send(reply);
    };
    try {
      const create = engines.get(message.engine)?.jobs[message.method];
      if (create === undefined) {
        throw new AntiphonError("internal", `no job ${message.engine}.${message.method} in this worker`);
      }
      const cancel = scheduler.submit(create(message.request as never), priority, {
        onChunk: (chunk) => {
          send({ type: "job-chunk", id, chunk }, ownBuffers(chunk));
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

  port.on("message", (message: WorkerRequest) => {
    switch (message.type) {
      case "job-start":
        start(message);
        break;
      case "job-cancel":
        cancellations.get(message.id)?.();
        cancellations.delete(message.id);
        break;
      case "worker-close":
        void closeAll(engines).finally(() => {
          port.close();
        });
        break;
    }
  });

  try {
    await openAll(configs, engines);
    send({ type: "worker-ready" });
  } catch (error) {
    send({ type: "worker-failed", ...describeError(error) });
  }
}

async function openAll(configs: EngineConfigs, engines: Map<EngineName, AnyEngine>): Promise<void> {
  for (const [name, config] of Object.entries(configs)) {
    engines.set(name as EngineName, await openEngine(name as EngineName, config));
  }
}

async function closeAll(engines: ReadonlyMap<EngineName, AnyEngine>): Promise<void> {
  for (const engine of engines.values()) await engine.close();
}

function describeError(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof AntiphonError) return { code: error.code, message: error.message };
  return { code: "inference-failed", message: error instanceof Error ? error.message : String(error) };
}

if (parentPort !== null) await main(parentPort, workerData as WorkerStart);
