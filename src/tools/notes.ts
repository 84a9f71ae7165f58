import { readFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";

import { AntiphonError } from "../../streaming/index.ts";

/** The newest of these are recalled. */
const KEPT_NOTES = 30;

/** What somebody asked to remember, in a file where there is one: one line a note. */
export class Notes {
  readonly #file: string | undefined;
  #lines: readonly string[];

  /**
   * Without a file the notes last as long as this object.
   * @throws AntiphonError `config-invalid` where there is a file that cannot be read.
   */
  constructor(file?: string) {
    this.#file = file;
    this.#lines = file === undefined ? [] : readLines(file);
  }

  all(): readonly string[] {
    return this.#lines;
  }

  async add(note: string): Promise<void> {
    const line = note.replace(/\s+/gu, " ").trim();
    this.#lines = [...this.#lines, line].slice(-KEPT_NOTES);
    if (this.#file !== undefined) await appendFile(this.#file, `${line}\n`, { mode: 0o600 });
  }
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean).slice(-KEPT_NOTES);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new AntiphonError("config-invalid", `tools.notes: ${String(cause)}`, { cause });
  }
}
