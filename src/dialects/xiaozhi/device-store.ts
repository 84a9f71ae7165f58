import { createHash, randomBytes } from "node:crypto";
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { TokenMemory } from "./tokens.ts";

const SECRET_BYTES = 32;
/** What one device may have remembered: beyond that the oldest facts are forgotten. They are a part of every prompt. */
const MOST_FACTS = 16;
const MOST_CHARACTERS = 800;
const LONGEST_FACT = 200;
const NOBODY_ELSE = 0o600;

const record = z.object({
  device: z.string(),
  facts: z.array(z.string().max(LONGEST_FACT)).max(MOST_FACTS).default([]),
  newestTokenS: z.number().default(0),
});
type DeviceRecord = z.infer<typeof record>;

/**
 * What is kept about devices, a small file each: what its people asked to be remembered, and which tokens are too old. Changes
 * to one device's file are made one after the other, and whole or not at all.
 */
export class DeviceStore implements TokenMemory {
  readonly #folder: string;
  /** The end of the line of those who change or read a device's file. */
  readonly #lines = new Map<string, Promise<unknown>>();

  /** @param folder - made where it is missing, when something is to be kept. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The secret that tokens are signed with: made once, kept for ever, readable by this user only. */
  async secret(): Promise<Uint8Array> {
    const file = join(this.#folder, "secret");
    const fresh = join(this.#folder, `${randomBytes(8).toString("hex")}.new`);
    await mkdir(this.#folder, { recursive: true });
    try {
      await writeFile(fresh, randomBytes(SECRET_BYTES).toString("hex"), { mode: NOBODY_ELSE });
      await link(fresh, file); // whole, and only where there is none
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      await rm(fresh, { force: true });
    }
    return Buffer.from(await readFile(file, "utf8"), "hex");
  }

  /** What was to be remembered, oldest first. */
  async facts(deviceId: string): Promise<readonly string[]> {
    return (await this.#inLine(deviceId, () => this.#read(deviceId))).facts;
  }

  async remember(deviceId: string, fact: string): Promise<void> {
    await this.#change(deviceId, (known) => {
      const short = fact.slice(0, LONGEST_FACT);
      const facts = [...known.facts.filter((other) => other !== short), short].slice(-MOST_FACTS);
      while (facts.join("").length > MOST_CHARACTERS) facts.shift();
      return { ...known, facts };
    });
  }

  /** Forgets what was to be remembered; which tokens are too old stays known. */
  async forget(deviceId: string): Promise<void> {
    await this.#change(deviceId, (known) => ({ ...known, facts: [] }));
  }

  async newestToken(deviceId: string): Promise<number> {
    return (await this.#inLine(deviceId, () => this.#read(deviceId))).newestTokenS;
  }

  async noteToken(deviceId: string, issuedS: number): Promise<void> {
    await this.#change(deviceId, (known) => ({
      ...known,
      newestTokenS: Math.max(known.newestTokenS, issuedS),
    }));
  }

  async #change(deviceId: string, next: (known: DeviceRecord) => DeviceRecord): Promise<void> {
    await this.#inLine(deviceId, async () => {
      const file = this.#fileOf(deviceId);
      const fresh = `${file}.new`;
      await mkdir(this.#folder, { recursive: true });
      try {
        const text = JSON.stringify(next(await this.#read(deviceId)));
        await writeFile(fresh, text, { mode: NOBODY_ELSE });
        await rename(fresh, file);
      } finally {
        await rm(fresh, { force: true });
      }
    });
  }

  /** A file that is missing or damaged is one of a device that was never heard of. */
  async #read(deviceId: string): Promise<DeviceRecord> {
    try {
      return record.parse(JSON.parse(await readFile(this.#fileOf(deviceId), "utf8")));
    } catch {
      return { device: deviceId, facts: [], newestTokenS: 0 };
    }
  }

  #fileOf(deviceId: string): string {
    return join(this.#folder, `${createHash("sha256").update(deviceId).digest("hex").slice(0, 32)}.json`);
  }

  async #inLine<Result>(deviceId: string, act: () => Promise<Result>): Promise<Result> {
    const before = this.#lines.get(deviceId) ?? Promise.resolve();
    const mine = before.then(act, act);
    this.#lines.set(deviceId, mine);
    try {
      return await mine;
    } finally {
      if (this.#lines.get(deviceId) === mine) this.#lines.delete(deviceId);
    }
  }
}
