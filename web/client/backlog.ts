/** How far behind a socket is: since when the oldest of what it has not sent yet waits. */
export class Backlog {
  readonly #waiting: { readonly endByte: number; readonly atMs: number }[] = [];
  #total = 0;

  /** So many bytes were given to the socket. */
  add(bytes: number, nowMs: number): void {
    this.#total += bytes;
    this.#waiting.push({ endByte: this.#total, atMs: nowMs });
  }

  /** @param unsentBytes - what the socket says that it still holds. */
  lagMs(unsentBytes: number, nowMs: number): number {
    const sentBytes = this.#total - unsentBytes;
    const first = this.#waiting.findIndex(({ endByte }) => endByte > sentBytes);
    this.#waiting.splice(0, first === -1 ? this.#waiting.length : first);
    const oldest = this.#waiting[0];
    return oldest === undefined ? 0 : nowMs - oldest.atMs;
  }
}
