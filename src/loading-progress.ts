import type { PackProgress } from "../models/packs/index.ts";
import type { Loading } from "./server/protocol.ts";

/** How much of one file has come. */
interface Arrival {
  readonly fromBytes: number;
  readonly receivedBytes: number;
}

/** How far a server is on its way to its first conversation, for those who ask meanwhile. */
export class LoadingProgress {
  readonly #arrivals = new Map<string, Arrival>();
  #step: Loading["step"] = "loading";
  #file: string | undefined;
  #totalBytes = 0;
  #loaded = { doneBytes: 0, totalBytes: 0 };

  get current(): Loading {
    if (this.#step !== "fetching") return { step: this.#step, ...this.#loaded };
    const file = this.#file === undefined ? {} : { file: this.#file };
    return { step: "fetching", ...file, doneBytes: this.#doneBytes, totalBytes: this.#totalBytes };
  }

  /** Something of a pack arrives. */
  follow(event: PackProgress): void {
    if (event.type === "pack-start") {
      this.#step = "fetching";
      this.#totalBytes += event.missingBytes;
    } else if (event.type === "file-start") this.#file = event.file;
    else if (event.type === "bytes" || event.type === "package-bytes") {
      const { file, receivedBytes } = event;
      const fromBytes = this.#arrivals.get(file)?.fromBytes ?? receivedBytes;
      this.#file = file;
      // A source that fails is followed by another one, which may begin anew.
      this.#arrivals.set(file, { fromBytes: Math.min(fromBytes, receivedBytes), receivedBytes });
    }
  }

  /** Networks are being loaded; so many bytes of them are. */
  load(doneBytes: number, totalBytes: number): void {
    this.#step = "loading";
    this.#loaded = { doneBytes, totalBytes };
  }

  /** All are loaded; one question is asked before others may. */
  rehearse(): void {
    this.#step = "rehearsing";
  }

  get #doneBytes(): number {
    let bytes = 0;
    for (const { fromBytes, receivedBytes } of this.#arrivals.values()) bytes += receivedBytes - fromBytes;
    return Math.min(bytes, this.#totalBytes);
  }
}
