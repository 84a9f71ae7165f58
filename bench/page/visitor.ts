import type { Page } from "playwright-core";

import { parseServerMessage, type ServerMessage } from "../../src/server/protocol.ts";
import { pause } from "../bench.ts";

/** Longest time in which nothing that is waited for may happen; a busy machine may take its time. */
const PATIENCE_MS = 90_000;
const LOOK_EVERY_MS = 50;

/** Somebody who uses the page, and reads along what the server says to it. */
export class Visitor {
  readonly page: Page;
  readonly #signal: AbortSignal;
  readonly #ends: Extract<ServerMessage, { type: "answer-end" }>[] = [];
  /** The turns that are being answered or were, in order. */
  readonly #answered: number[] = [];

  constructor(page: Page, signal: AbortSignal) {
    this.page = page;
    this.#signal = signal;
    page.on("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => {
        if (typeof payload !== "string") return;
        const message = parseServerMessage(payload);
        if (message.type === "answer-end") this.#ends.push(message);
        if (message.type === "answer-start") this.#answered.push(message.turn);
      });
    });
  }

  /** The answers that are over. */
  get ends(): readonly Extract<ServerMessage, { type: "answer-end" }>[] {
    return this.#ends;
  }

  async come(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.getByRole("button", { name: "Start talking" }).click();
    await this.untilListening();
  }

  /** Types a question; resolves with its turn when its answer is begun. */
  async ask(text: string): Promise<number> {
    const before = this.#answered.length;
    await this.page.getByLabel("Type instead of speaking").fill(text);
    await this.page.getByRole("button", { name: "Send" }).click();
    await this.until(() => this.#answered.length > before);
    return this.#answered.at(-1) ?? 0;
  }

  /** Waits until the answer to a turn is over; returns how. */
  async outcomeOf(turn: number): Promise<string> {
    const end = (): { readonly outcome: string } | undefined => this.#ends.find((one) => one.turn === turn);
    await this.until(() => end() !== undefined);
    return end()?.outcome ?? "";
  }

  /** Waits until all answers that were begun are over, and nobody speaks or thinks. */
  async untilQuiet(): Promise<void> {
    await this.untilListening();
    await this.until(() => this.#answered.every((turn) => this.#ends.some((end) => end.turn === turn)));
  }

  /** Waits until an answer can be heard. */
  async untilAudible(): Promise<void> {
    await this.until(
      async () => (await this.page.evaluate(() => globalThis.instruments.outputLevel())) > 0.005,
    );
  }

  /** Waits until nobody speaks or thinks. */
  async untilListening(): Promise<void> {
    await this.until(async () =>
      /Listening|Interrupted/u.test(await this.page.locator(".stage .status").innerText()),
    );
  }

  /** How often sound was missing in the middle of an answer, as the page counts it. */
  async underruns(): Promise<number> {
    const fact = this.page.locator("dialog .facts div", { hasText: "Gaps in playback" }).locator("dd");
    return Number(await fact.textContent());
  }

  /** @throws Error when it does not happen in a long time. */
  async until(happens: () => Promise<boolean> | boolean): Promise<void> {
    const startMs = performance.now();
    while (!(await happens())) {
      if (performance.now() - startMs > PATIENCE_MS)
        throw new Error("the page did not do what was waited for");
      await pause(LOOK_EVERY_MS, this.#signal);
    }
  }
}
