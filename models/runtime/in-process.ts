import { Channel } from "../../streaming/index.ts";
import type { Engine, EngineClient, EngineContract, Job } from "./engine.ts";
import { JobScheduler } from "./scheduler.ts";

/** An engine on the calling thread, scheduled as in a worker. For tests and command-line tools that do one thing. */
export function inProcessClient<Contract extends EngineContract<Contract>>(
  engine: Engine<Contract>,
  scheduler = new JobScheduler(),
): EngineClient<Contract> {
  return {
    async *run(method, request, { signal, priority }) {
      signal.throwIfAborted();
      const chunks = new Channel<Contract[typeof method]["chunk"]>({ capacity: 65_536, overflow: "fail" });
      const job = engine.jobs[method](request) as Job<unknown>;
      const cancel = scheduler.submit(job, priority, {
        onChunk: (chunk) => {
          chunks.push(chunk);
        },
        onEnd: () => {
          chunks.close();
        },
        onError: (error) => {
          chunks.close(error instanceof Error ? error : new Error(String(error)));
        },
      });
      try {
        yield* chunks.read({ signal });
      } finally {
        cancel();
      }
    },
  };
}
