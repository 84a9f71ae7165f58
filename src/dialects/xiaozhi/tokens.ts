import { createHmac, timingSafeEqual } from "node:crypto";

import { AntiphonError } from "../../../streaming/index.ts";
import type { Device } from "./device.ts";

const LIFETIME_S = 30 * 86_400;
/** A token may be this much from the future: the clock of this machine was set back. */
const SKEW_S = 60;
/** `base64url(HMAC-SHA256(secret, "client|device|time")).time`, the form that boards know from other servers. */
const TOKEN = /^([\w-]{43})\.(\d{1,12})$/u;

/** Says when the newest token that a board has used was issued, in seconds since 1970. */
export interface TokenMemory {
  newestToken(deviceId: string): Promise<number>;
  noteToken(deviceId: string, issuedS: number): Promise<void>;
}

/** What boards get when they start, and show when they connect. */
export class DeviceTokens {
  readonly #secret: Uint8Array;
  readonly #memory: TokenMemory;
  readonly #nowMs: () => number;

  /** @param nowMs - milliseconds since 1970. */
  constructor(secret: Uint8Array, memory: TokenMemory, nowMs: () => number = Date.now) {
    this.#secret = secret;
    this.#memory = memory;
    this.#nowMs = nowMs;
  }

  issue(device: Device): string {
    const issuedS = Math.floor(this.#nowMs() / 1000);
    return `${this.#sign(device, issuedS)}.${issuedS}`;
  }

  /**
   * Lets a token of this board through that was issued here, has not expired, and is no older than one that the board has
   * used already.
   * @throws AntiphonError `unauthorized`.
   */
  async check(device: Device, token: string): Promise<void> {
    const [, signature = "", issued = ""] = TOKEN.exec(token) ?? [];
    const issuedS = Number(issued);
    if (!isSame(signature, this.#sign(device, issuedS))) throw refusal("it is not of this device or server");
    const ageS = this.#nowMs() / 1000 - issuedS;
    if (ageS > LIFETIME_S || ageS < -SKEW_S) throw refusal("it has expired");
    const newestS = await this.#memory.newestToken(device.deviceId);
    if (issuedS < newestS) throw refusal("a newer one has been used");
    if (issuedS > newestS) await this.#memory.noteToken(device.deviceId, issuedS);
  }

  #sign({ deviceId, clientId }: Device, issuedS: number): string {
    return createHmac("sha256", this.#secret)
      .update(`${clientId}|${deviceId}|${issuedS}`)
      .digest("base64url");
  }
}

function isSame(shown: string, right: string): boolean {
  const [a, b] = [Buffer.from(shown), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function refusal(why: string): AntiphonError {
  return new AntiphonError(
    "unauthorized",
    `the token is refused: ${why}; restart the device to get a new one`,
  );
}
