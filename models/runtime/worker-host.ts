import { Worker } from "node:worker_threads";

import { AntiphonError, Channel, unlessAborted } from "../../streaming/index.ts";
import type { EngineCallOptions } from "./engine.ts";
import type { EngineClientOf, EngineName } from "./engine-registry.ts";
import type { EngineConfigs, WorkerReply, WorkerRequest, WorkerStart } from "./messages.ts";
import { NativeGate } from "./native-gate.ts";
import { StepCounters } from "./step-counters.ts";
import type { StepFigures } from "./step-counters.ts";

/** Chunks of one job that may wait for their reader; far more than any job yields while its reader is slow. */
const WAITING_CHUNKS = 65_536;

/** A worker that dies this often within the window is broken, not unlucky: calls then fail at once. */
const MAX_DEATHS = 3;
const DEATH_WINDOW_MS = 60_000;

/** How long a worker that is closed may take to end by itself. */
const CLOSE_TIMEOUT_MS = 2000;

export interface WorkerDeath {
  readonly worker: string;
  readonly reason: string;
  /** Whether it died too often to be started again. */
  readonly final: boolean;
}

/** `starting`: its engines load, at first or again. `stopped`: it died too often, or is closed. */
export type WorkerState = "starting" | "ready" | "stopped";

/** How a worker fares. Its counters go on where it is started again; jobs that wait for that count as waiting. */
export interface WorkerFigures extends StepFigures {
  readonly worker: string;
  readonly engines: readonly EngineName[];
  readonly state: WorkerState;
  readonly restarts: number;
}

export interface WorkerHostOptions {
  /** For logs and metrics. */
  readonly name: string;
  readonly engines: EngineConfigs;
  /** Gives up the first loading of the engines, which may take as long as compiling their networks. */
  readonly signal?: AbortSignal;
  readonly onDeath?: (death: WorkerDeath) => void;
}

type JobStart = Omit<Extract<WorkerRequest, { type: "job-start" }>, "type" | "id">;

/**
 * A worker thread with its engines. When it dies, the jobs in flight fail with `worker-crashed` and a new one is
 * started; jobs that come meanwhile wait for it. State inside engines (caches, streams) is lost and rebuilt by use.
 */
export class WorkerHost implements AsyncDisposable {
  readonly name: string;
  readonly #options: WorkerHostOptions;
  readonly #jobs = new Map<number, Channel<unknown>>();
  readonly #counters = new StepCounters();
  #deathsMs: number[] = [];
  #worker: Worker;
  #gate = new NativeGate();
  #ready: Promise<void>;
  #exited: Promise<void>;
  #state: WorkerState = "starting";
  #restarts = 0;
  #callsBeforeReady = 0;
  #nextId = 1;
  #closing = false;

  private constructor(options: WorkerHostOptions) {
    this.name = options.name;
    this.#options = options;
    [this.#worker, this.#ready, this.#exited] = this.#spawn();
  }

  /** Starts the worker; resolves when its engines are loaded, rejects with what kept one from loading or `signal.reason`. */
  static async open(options: WorkerHostOptions): Promise<WorkerHost> {
    const host = new WorkerHost(options);
    try {
      await (options.signal === undefined ? host.#ready : unlessAborted(host.#ready, options.signal));
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
    return host;
  }

  /** The caller's side of one of the worker's engines. */
  client<Name extends EngineName>(engine: Name): EngineClientOf<Name> {
    const run = (method: string, request: unknown, options: EngineCallOptions): AsyncIterable<unknown> => {
      const { priority, isHandedOver = false } = options;
      return this.#run({ engine, method, request, priority, isHandedOver }, options);
    };
    return { run } as EngineClientOf<Name>;
  }

  /** Quick, and never kept waiting by what the worker does. */
  figures(): WorkerFigures {
    const steps = this.#counters.read();
    return {
      ...steps,
      waiting: steps.waiting + this.#callsBeforeReady,
      worker: this.name,
      engines: Object.keys(this.#options.engines) as EngineName[],
      state: this.#state,
      restarts: this.#restarts,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    this.#state = "stopped";
    this.#failJobs(this.#closedError());
    this.#worker.postMessage({ type: "worker-close" } satisfies WorkerRequest);
    const overdue = setTimeout(() => void stop(this.#worker, this.#gate), CLOSE_TIMEOUT_MS);
    await this.#exited;
    clearTimeout(overdue);
  }

  async *#run(job: JobStart, { signal, transfer }: EngineCallOptions): AsyncGenerator<unknown, void, void> {
    signal.throwIfAborted();
    if (this.#state !== "ready" && !this.#closing) await this.#untilReady(signal);
    if (this.#closing) throw this.#closedError();
    const id = this.#nextId++;
    const chunks = new Channel<unknown>({ capacity: WAITING_CHUNKS, overflow: "fail" });
    this.#jobs.set(id, chunks);
    const worker = this.#worker;
    let finished = false;
    try {
      worker.postMessage({ type: "job-start", id, ...job } satisfies WorkerRequest, [...(transfer ?? [])]);
      yield* chunks.read({ signal });
      finished = true;
    } finally {
      this.#jobs.delete(id);
      if (!finished) worker.postMessage({ type: "job-cancel", id } satisfies WorkerRequest);
    }
  }

  async #untilReady(signal: AbortSignal): Promise<void> {
    this.#callsBeforeReady += 1;
    try {
      await unlessAborted(this.#ready, signal);
    } finally {
      this.#callsBeforeReady -= 1;
    }
  }

  #spawn(): [worker: Worker, ready: Promise<void>, exited: Promise<void>] {
    // Workers run compiled code; the file has the extension that this one has.
    const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
    this.#state = "starting";
    const gate = (this.#gate = new NativeGate());
    const workerData: WorkerStart = {
      engines: this.#options.engines,
      counters: this.#counters.memory,
      gate: gate.memory,
    };
    const worker = new Worker(new URL(`./inference-worker${extension}`, import.meta.url), {
      workerData,
      name: this.name,
    });
    const leaveNative = (): void => {
      gate.shutNow();
    };
    process.on("exit", leaveNative);
    const ready = new Promise<void>((resolve, reject) => {
      let reason: string | undefined;
      worker.on("message", (reply: WorkerReply) => {
        if (reply.type === "worker-ready") {
          if (!this.#closing) this.#state = "ready";
          resolve();
        } else if (reply.type === "worker-failed") {
          reason = reply.message;
          reject(new AntiphonError(reply.code, reply.message));
          // A thread without its engines is of no use; its end makes room for another try.
          void stop(worker, gate);
        } else if (reply.type === "take-chunks") {
          // By then, whoever read them has asked for what they want.
          setImmediate(() => {
            worker.postMessage({ type: "chunks-taken" } satisfies WorkerRequest);
          });
        } else this.#deliver(reply);
      });
      worker.on("error", (error) => {
        reason = error.message;
      });
      worker.on("exit", (code) => {
        gate.abandon();
        process.off("exit", leaveNative);
        reason ??= `exit code ${code}`;
        const crash = new AntiphonError("worker-crashed", `worker ${this.name} died (${reason})`);
        reject(this.#closing ? this.#closedError() : crash);
        this.#onExit(worker, crash, reason);
      });
    });
    // A worker that fails while nobody calls it must not end the process; the next call reports it.
    ready.catch(() => undefined);
    const exited = new Promise<void>((resolve) => {
      worker.once("exit", () => {
        resolve();
      });
    });
    return [worker, ready, exited];
  }

  #deliver(reply: Extract<WorkerReply, { readonly id: number }>): void {
    const chunks = this.#jobs.get(reply.id);
    if (chunks === undefined) return;
    if (reply.type === "job-chunk") chunks.push(reply.chunk);
    else chunks.close(reply.type === "job-error" ? new AntiphonError(reply.code, reply.message) : undefined);
  }

  #onExit(worker: Worker, crash: AntiphonError, reason: string): void {
    if (this.#closing || worker !== this.#worker) return;
    this.#failJobs(crash);
    this.#counters.setJobs({ running: 0, waiting: 0 });
    const nowMs = performance.now();
    this.#deathsMs = [...this.#deathsMs, nowMs].filter((deathMs) => nowMs - deathMs < DEATH_WINDOW_MS);
    const final = this.#deathsMs.length >= MAX_DEATHS;
    if (final) {
      this.#state = "stopped";
      this.#ready = rejected(crash);
    } else {
      this.#restarts += 1;
      [this.#worker, this.#ready, this.#exited] = this.#spawn();
    }
    this.#options.onDeath?.({ worker: this.name, reason, final });
  }

  #closedError(): AntiphonError {
    return new AntiphonError("shutting-down", `worker ${this.name} is closed`);
  }

  #failJobs(error: AntiphonError): void {
    for (const chunks of this.#jobs.values()) chunks.close(error);
    this.#jobs.clear();
  }
}

/** Stops a thread, but never inside onnxruntime, which would end the whole process. */
async function stop(worker: Worker, gate: NativeGate): Promise<void> {
  await gate.shut();
  await worker.terminate();
}

/** A promise that fails whoever awaits it, and nobody else. */
function rejected(error: AntiphonError): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => undefined);
  return promise;
}
