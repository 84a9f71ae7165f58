import fc from "fast-check";
import { expect, test } from "vitest";

import { TokenBucket } from "../../../src/server/limits.ts";
import { InboundLimits } from "../../../src/server/inbound-limits.ts";
import { AntiphonError, type ErrorCode } from "../../../streaming/index.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { testConfig } from "../../support/voice-server.ts";

test("a bucket never gives more than its capacity and its rate, however it is asked", () => {
  const steps = fc.array(fc.tuple(fc.nat(2000), fc.nat(30)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (asked) => {
      const clock = new ManualClock();
      const bucket = new TokenBucket(clock, { capacity: 20, perSecond: 10 });
      let given = 0;
      for (const [waitMs, amount] of asked) {
        clock.advance(waitMs);
        if (bucket.take(amount)) given += amount;
        expect(given).toBeLessThanOrEqual(20 + clock.nowMs() / 100 + 1e-6);
      }
    }),
  );
});

test("a refusal takes nothing, so a smaller wish is still granted", () => {
  const bucket = new TokenBucket(new ManualClock(), { capacity: 5, perSecond: 1 });
  expect([bucket.take(6), bucket.take(5), bucket.take(1)]).toEqual([false, true, false]);
});

const limitsOf = (clock: ManualClock): InboundLimits => new InboundLimits(clock, testConfig().limits);
const error = (code: ErrorCode): AntiphonError => new AntiphonError(code, code);

test("sound in real time passes for ever", () => {
  const clock = new ManualClock();
  const limits = limitsOf(clock);
  for (let frame = 0; frame < 10_000; frame++) {
    limits.admitMessage(652);
    limits.admitAudio(20);
    clock.advance(20);
  }
});

test("sound twenty times faster than it plays is refused within a second", () => {
  const clock = new ManualClock();
  const limits = limitsOf(clock);
  const send = (): void => {
    for (let frame = 0; frame < 1000; frame++) {
      limits.admitAudio(20);
      clock.advance(1);
    }
  };
  expect(send).toThrow(expect.objectContaining({ code: "rate-exceeded" }));
});

test("the third mistake closes, unless the first ones are long ago", () => {
  const clock = new ManualClock();
  const limits = limitsOf(clock);
  expect(limits.judge(error("message-invalid"))).toBe("tell");
  expect(limits.judge(error("frame-invalid"))).toBe("tell");
  clock.advance(120_000);
  expect(limits.judge(error("message-unknown"))).toBe("tell");
  expect(limits.judge(error("message-unknown"))).toBe("tell");
  expect(limits.judge(error("message-unknown"))).toBe("close");
});

test("what a person typed is no mistake of the program", () => {
  const limits = limitsOf(new ManualClock());
  for (let count = 0; count < 20; count++) expect(limits.judge(error("text-too-long"))).toBe("tell");
});

test("lost Opus packets are told once a second and end the connection only in floods", () => {
  const clock = new ManualClock();
  const limits = limitsOf(clock);
  const verdicts = Array.from({ length: 51 }, () => limits.judge(error("opus-invalid")));
  expect(verdicts[0]).toBe("tell");
  expect(verdicts.slice(1, 50).every((verdict) => verdict === "ignore")).toBe(true);
  expect(verdicts[50]).toBe("close");
});
