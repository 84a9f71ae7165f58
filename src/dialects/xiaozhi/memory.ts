import type { DeviceStore } from "./device-store.ts";

/** What is said to have something remembered, from one connection to the next. */
const REMEMBER =
  /^(?:please,? |(?:can|could|will) you (?:please )?)?remember (?:that |this[,:]? )?(.{3,}?)[.!]*$/iu;
const FORGET =
  /^(?:please,? )?forget (?:everything|all of it|all that)(?: (?:that )?you (?:know|remember))?(?: about me)?[.!]*$/iu;

/** What words ask of the memory of a device; undefined where they ask nothing of it. */
export type MemoryWish = { readonly type: "remember"; readonly fact: string } | { readonly type: "forget" };

/** A question ("remember me?") wants to have nothing remembered. */
export function memoryWishOf(words: string): MemoryWish | undefined {
  const text = words.trim();
  if (FORGET.test(text)) return { type: "forget" };
  const fact = REMEMBER.exec(text)?.[1];
  return fact === undefined || fact.endsWith("?") ? undefined : { type: "remember", fact };
}

/** Does what words ask of the memory of a device, if anything. */
export async function heed(words: string, deviceId: string, store: DeviceStore): Promise<void> {
  const wish = memoryWishOf(words);
  if (wish?.type === "remember") await store.remember(deviceId, wish.fact);
  if (wish?.type === "forget") await store.forget(deviceId);
}

/** A prompt with what was to be remembered; quoted, since it was said and is no instruction. */
export function promptWith(prompt: string, facts: readonly string[]): string {
  if (facts.length === 0) return prompt;
  return `${prompt} The user asked you to remember: ${facts.map((fact) => JSON.stringify(fact)).join("; ")}.`;
}
