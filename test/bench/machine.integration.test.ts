import { cpus } from "node:os";

import { expect, test } from "vitest";

import { busyCores, describeMachine, VECTOR_INSTRUCTIONS } from "../../bench/machine.ts";

// Figures of two machines can only be told apart by what is said of the machine.
test("a machine is described by what decides how fast networks run, and by what else it does", async () => {
  const machine = await describeMachine();
  expect(machine.cores).toBeGreaterThan(0);
  expect(machine.busyBefore).toBeGreaterThanOrEqual(0);
  expect(machine.busyBefore).toBeLessThanOrEqual(cpus().length);
  expect(VECTOR_INSTRUCTIONS).toEqual(expect.arrayContaining([...machine.instructions]));
  if (process.platform === "linux" && process.arch === "x64") expect(machine.instructions).toContain("avx2");
});

test("busy cores are counted of all that the machine has, however few this process may use", () => {
  const core = (user: number, idle: number) => ({
    model: "",
    speed: 0,
    times: { user, nice: 0, sys: 0, idle, irq: 0 },
  });
  const before = Array.from({ length: 1000 }, () => core(500, 500));
  const after = before.map((_, index) => (index < 250 ? core(1500, 500) : core(500, 1500)));
  expect(busyCores(before, after)).toBe(250);
});
