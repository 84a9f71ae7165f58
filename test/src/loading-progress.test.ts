import fc from "fast-check";
import { expect, test } from "vitest";

import type { PackProgress } from "../../models/packs/index.ts";
import { loadConfig } from "../../src/config.ts";
import { LoadingProgress } from "../../src/loading-progress.ts";
import { describeModels, describePacks } from "../../src/model-files.ts";

const follow = (...events: PackProgress[]): LoadingProgress => {
  const progress = new LoadingProgress();
  for (const event of events) progress.follow(event);
  return progress;
};
const start = (missingBytes: number): PackProgress => ({
  type: "pack-start",
  pack: "lite",
  missingFiles: 2,
  missingBytes,
});
const bytes = (file: string, receivedBytes: number): PackProgress => ({
  type: "bytes",
  file,
  receivedBytes,
  totalBytes: 100,
});

test("whoever waits is told the file on its way and how much of all has come", () => {
  const progress = follow(start(200), bytes("a", 0), bytes("a", 100), bytes("b", 0), bytes("b", 30));
  expect(progress.current).toEqual({ step: "fetching", file: "b", doneBytes: 130, totalBytes: 200 });
  progress.load(5, 90);
  expect(progress.current).toEqual({ step: "loading", doneBytes: 5, totalBytes: 90 });
  progress.rehearse();
  expect(progress.current.step).toBe("rehearsing");
});

test("what an earlier start had fetched is not counted as fetched by this one", () => {
  expect(follow(start(40), bytes("a", 60), bytes("a", 80)).current).toMatchObject({ doneBytes: 20 });
});

test("whatever arrives, however often sources begin anew, no more is done than there is to do", () => {
  const arrival = fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(1000));
  fc.assert(
    fc.property(fc.array(arrival), fc.nat(2000), (arrivals, missing) => {
      const { doneBytes, totalBytes } = follow(
        start(missing),
        ...arrivals.map((one) => bytes(...one)),
      ).current;
      expect(doneBytes).toBeGreaterThanOrEqual(0);
      expect(doneBytes).toBeLessThanOrEqual(totalBytes);
    }),
  );
});

test("whoever may choose a pack is told what answers in each, and how much is to be fetched", () => {
  const packs = describePacks();
  expect(packs.map(({ name }) => name)).toEqual(["embedded", "lite", "smolvlm-256m"]);
  const lite = packs.find(({ name }) => name === "lite");
  expect(lite?.languageModel).toBe("SmolLM2-135M-Instruct.Q4_1");
  // More than its language model alone, which is 98 MB.
  expect(lite?.bytes).toBeGreaterThan(200e6);
  for (const { bytes } of packs) expect(bytes).toBeGreaterThanOrEqual(lite!.bytes);
});

test("the models are named as people know them, those of a server too", () => {
  const name = (llm: object) =>
    describeModels(loadConfig({ overrides: { pack: "lite", llm }, environment: {} }));
  expect(name({})).toEqual({
    pack: "lite",
    languageModel: "SmolLM2-135M-Instruct.Q4_1",
    elsewhere: false,
    voice: "en_US-joe-medium",
  });
  const remote = { languageModel: "big", elsewhere: true };
  expect(name({ url: "http://127.0.0.1:9/v1", model: "big" })).toMatchObject(remote);
});
