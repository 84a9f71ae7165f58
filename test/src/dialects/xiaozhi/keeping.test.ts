import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";

import { DeviceStore } from "../../../../src/dialects/xiaozhi/device-store.ts";
import { DeviceTokens } from "../../../../src/dialects/xiaozhi/tokens.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

const DEVICE = { deviceId: "24:0a:c4:00:00:01", clientId: "abc" };
const DAY_MS = 86_400_000;

describe("what is kept of a board", () => {
  let folder: string;
  let store: DeviceStore;
  beforeEach(async () => {
    folder = await temporaryFolder();
    store = new DeviceStore(folder);
  });

  it("is there after a restart, each board's own, and gone when it is to be forgotten", async () => {
    await store.remember("a", "my name is Anna");
    await store.remember("b", "my name is Bert");
    const again = new DeviceStore(folder);
    expect(await again.facts("a")).toEqual(["my name is Anna"]);
    await again.forget("a");
    expect(await store.facts("a")).toEqual([]);
    expect(await store.facts("b")).toEqual(["my name is Bert"]);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it("has an end, however much is to be remembered; the newest stays", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ minLength: 1, maxLength: 400 }), { maxLength: 30 }),
        async (facts) => {
          await store.forget("a");
          for (const fact of facts) await store.remember("a", fact);
          const kept = await store.facts("a");
          expect(kept.length).toBeLessThanOrEqual(16);
          expect(kept.join("").length).toBeLessThanOrEqual(800);
          expect(kept.at(-1)).toBe(facts.at(-1)?.slice(0, 200));
        },
      ),
      { numRuns: 20 },
    );
  });

  it("loses nothing where much is to be remembered at once, and nothing else where the file is damaged", async () => {
    await Promise.all(["one", "two", "three"].map((fact) => store.remember("a", fact)));
    expect(await store.facts("a")).toEqual(["one", "two", "three"]);
    const [file = ""] = await readdir(folder);
    await writeFile(join(folder, file), "{");
    expect(await store.facts("a")).toEqual([]);
    await store.remember("a", "four");
    expect(JSON.parse(await readFile(join(folder, file), "utf8"))).toMatchObject({
      device: "a",
      facts: ["four"],
    });
  });

  it("has one secret for ever", async () => {
    const first = await store.secret();
    expect(first).toHaveLength(32);
    expect(await new DeviceStore(folder).secret()).toEqual(first);
  });
});

describe("a board's token", () => {
  let nowMs: number;
  let tokens: DeviceTokens;
  let store: DeviceStore;
  beforeEach(async () => {
    nowMs = 1_760_000_000_000;
    store = new DeviceStore(await temporaryFolder());
    tokens = new DeviceTokens(await store.secret(), store, () => nowMs);
  });

  it("lets the board in for 30 days", async () => {
    const token = tokens.issue(DEVICE);
    expect(token).toMatch(/^[\w-]{43}\.1760000000$/u);
    await tokens.check(DEVICE, token);
    nowMs += 30 * DAY_MS;
    await tokens.check(DEVICE, token);
    nowMs += 1000;
    await expect(tokens.check(DEVICE, token)).rejects.toMatchObject({ code: "unauthorized" });
  });

  it("is none of another board, another server, or from tomorrow", async () => {
    const token = tokens.issue(DEVICE);
    for (const other of [
      { ...DEVICE, deviceId: "b" },
      { ...DEVICE, clientId: "b" },
    ])
      await expect(tokens.check(other, token)).rejects.toMatchObject({ code: "unauthorized" });
    const elsewhere = new DeviceTokens(new Uint8Array(32), store, () => nowMs);
    await expect(elsewhere.check(DEVICE, token)).rejects.toMatchObject({ code: "unauthorized" });
    nowMs -= DAY_MS;
    await expect(tokens.check(DEVICE, token)).rejects.toMatchObject({ code: "unauthorized" });
  });

  it("is refused when it is replayed after the board has used a newer one, after a restart as well", async () => {
    const old = tokens.issue(DEVICE);
    nowMs += 5000;
    const fresh = tokens.issue(DEVICE);
    await tokens.check(DEVICE, old); // the board has not heard of the newer one yet
    await tokens.check(DEVICE, fresh);
    const restarted = new DeviceTokens(await store.secret(), store, () => nowMs);
    await expect(restarted.check(DEVICE, old)).rejects.toMatchObject({ code: "unauthorized" });
    await restarted.check(DEVICE, fresh);
  });

  it("is refused, whatever else is shown instead", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.base64String()), fc.nat(), async (text, time) => {
        for (const shown of [text, `${text}.${time}`])
          await expect(tokens.check(DEVICE, shown)).rejects.toMatchObject({ code: "unauthorized" });
      }),
      { numRuns: 30 },
    );
  });
});
