import type { Engine, EngineClient, EngineContract } from "../../models/runtime/engine.ts";

/** Runs an engine's jobs right here, with requests and chunks cloned as a worker would. */
export function directClient<Contract extends EngineContract<Contract>>(
  engine: Engine<Contract>,
): EngineClient<Contract> {
  return {
    async *run(method, request, { signal, transfer }) {
      signal.throwIfAborted();
      const moved: unknown = structuredClone(request, { transfer: [...(transfer ?? [])] });
      const { [method]: job } = engine.jobs;
      for await (const chunk of job(moved)) {
        signal.throwIfAborted();
        if (chunk !== undefined) yield structuredClone(chunk);
      }
    },
  };
}
