import type { Estimate } from "./estimates.ts";
export async function writePage(
  _file: string,
  _estimates: readonly Estimate[],
  _played: unknown,
): Promise<void> {}
