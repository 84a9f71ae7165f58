import type { VoiceState } from "../client/index.ts";
import type { Say } from "./words.ts";

type Models = NonNullable<VoiceState["conversation"]["server"]["models"]>;

/** The packs a server can be started with, the one that runs marked; it alone where the server tells of no others. */
export function packChoices({ pack, packs = [] }: Models, say: Say): (readonly [string, string])[] {
  const known = packs.some(({ name }) => name === pack) ? packs : [{ name: pack }, ...packs];
  return known.map((one) => {
    // What is worth most stands where a narrow list does not cut it off.
    const mark = one.name === pack ? ` (${say("runs")})` : "";
    const about = "bytes" in one ? ` · ${one.languageModel} · ${gigabytes(one.bytes)} GB` : "";
    return [one.name, `${one.name}${mark}${about}`];
  });
}

/** What starts a server with it. */
export function startCommand(pack: string): string {
  return `npm start -- --pack ${pack}`;
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(2);
}
