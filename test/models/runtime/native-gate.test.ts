import { expect, test } from "vitest";

import { NativeGate } from "../../../models/runtime/native-gate.ts";

/** A gate as both threads see it, and a call through it that ends when it is told to. */
function callInside() {
  const thread = new NativeGate();
  const stopper = new NativeGate(thread.memory);
  let end = (): void => undefined;
  const call = (): Promise<string> =>
    new Promise((resolve) => {
      end = () => {
        resolve("done");
      };
    });
  return {
    thread,
    stopper,
    call: thread.pass(call),
    end: () => {
      end();
    },
  };
}

const pass = async (gate: NativeGate): Promise<string> => await gate.pass(() => Promise.resolve("passed"));

test("calls go through an open gate, one after another and side by side, and failures with them", async () => {
  const gate = new NativeGate();
  expect(await Promise.all([pass(gate), pass(gate)])).toEqual(["passed", "passed"]);
  await expect(gate.pass(() => Promise.reject(new Error("no such file")))).rejects.toThrow("no such file");
  expect(await pass(gate)).toBe("passed");
});

test("a gate is shut only when the call inside has ended, and lets none through after", async () => {
  const { thread, stopper, call, end } = callInside();
  let isShut = false;
  const shut = stopper.shut().then(() => {
    isShut = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isShut).toBe(false);
  end();
  expect(await call).toBe("done");
  await shut;
  await expect(pass(thread)).rejects.toMatchObject({ code: "shutting-down" });
});

test("a thread that is inside while its gate is being shut may make the calls that belong to the first", async () => {
  const { thread, stopper, call, end } = callInside();
  const shut = stopper.shut();
  expect(await pass(thread)).toBe("passed");
  end();
  await call;
  await shut;
  await expect(pass(thread)).rejects.toMatchObject({ code: "shutting-down" });
});

test("the end of the process waits for a call no longer than the limit", async () => {
  const { thread, stopper, call, end } = callInside();
  stopper.shutNow(20);
  end();
  await call;
  stopper.shutNow();
  await expect(pass(thread)).rejects.toMatchObject({ code: "shutting-down" });
});

test("nobody waits for a thread that died inside", async () => {
  const { stopper } = callInside();
  const shut = stopper.shut();
  stopper.abandon();
  await shut;
});
