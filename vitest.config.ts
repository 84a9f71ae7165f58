import { defineConfig } from "vitest/config";

/** Nothing is timed: limits are there for what hangs, and wide enough for a machine that has much else to do. */
const expect = { poll: { timeout: 60_000 } };

/** Of one module, beside its unit tests, but with sockets, processes, compiled graphs or minutes of sound. */
const OF_PARTS_AT_WORK = "test/**/*.integration.test.ts";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/{audio,vision,streaming,models,src,bench,scripts,web}/**/*.test.ts"],
          exclude: [OF_PARTS_AT_WORK],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect,
          // A fresh thread or process for each of the 170 files would take several times as long as the tests in them.
          isolate: false,
          pool: "threads",
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts", OF_PARTS_AT_WORK],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect,
        },
      },
      {
        test: {
          name: "with-models",
          include: ["test/with-models/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "page",
          include: ["test/page/**/*.test.ts"],
          // Real models answer otherwise from time to time, and an answer may be too short to be talked into.
          retry: 2,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          expect,
        },
      },
    ],
  },
});
