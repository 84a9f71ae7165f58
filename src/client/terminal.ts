import type { ReadStream, WriteStream } from "node:tty";

/** A terminal with somebody in front of it. */
export interface Terminal {
  /** Shows this below all else, in place of what it showed before; to be cleared before anything else is printed. */
  showStatus(line: string): void;
  /** Has `listener` called with each key, until the returned function is called; then the terminal is as it was. */
  onKey(listener: (key: string) => void): () => void;
}

const CLEAR_LINE = "\r\u001b[K";
const CONTROL_C = "\u0003";

/** The terminal that the program was started in, if there is one. */
export function openTerminal(input: ReadStream, output: WriteStream): Terminal | undefined {
  if (!input.isTTY || !output.isTTY) return undefined;
  return {
    showStatus: (line) => {
      output.write(CLEAR_LINE + line.slice(0, Math.max(0, output.columns - 1)));
    },
    onKey: (listener) => {
      const take = (bytes: Buffer): void => {
        const keys = bytes.toString();
        // A terminal that gives every key makes no signal of Ctrl-C.
        if (keys.includes(CONTROL_C)) process.kill(process.pid, "SIGINT");
        else listener(keys);
      };
      input.setRawMode(true);
      input.on("data", take).resume();
      return () => {
        input.off("data", take).pause();
        input.setRawMode(false);
        output.write(CLEAR_LINE);
      };
    },
  };
}

/** Where the meter begins; quieter is silence. */
const QUIETEST_DBFS = -60;

/** `####····` from -60 dBFS to full scale. */
export function levelMeter(levelDbfs: number, width: number): string {
  const share = Math.min(1, Math.max(0, 1 - levelDbfs / QUIETEST_DBFS));
  const filled = Math.round(share * width);
  return "#".repeat(filled) + "·".repeat(width - filled);
}
