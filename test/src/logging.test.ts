import { expect, test } from "vitest";

import { createLogger } from "../../src/logging.ts";

test("people get the time, what happened and its details in one line, with a word where it is urgent", () => {
  const lines: string[] = [];
  const logger = createLogger("info", (line) => lines.push(line));
  logger.info({ conversation: "1a2b3c4d", open: 1 }, "conversation opened");
  logger.error({ error: new Error("x").message }, "conversation failed");
  logger.info("ready");
  logger.debug("details that nobody asked for");
  expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /u, ""))).toEqual([
    "conversation opened (conversation 1a2b3c4d, open 1)",
    "error: conversation failed (error x)",
    "ready",
  ]);
});

test("what a client sent cannot begin a line of its own", () => {
  const lines: string[] = [];
  createLogger("info", (line) => lines.push(line)).warn({ origin: "a\n12:00:00 forged" }, "origin refused");
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("\n");
});
