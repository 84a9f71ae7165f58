import type { GenerationEvent } from "./contracts.ts";

/**
 * What a language model says, without the name that small ones put before it as in a script: "Antiphon: Rain is …".
 * Text is held back only as long as it may still become one of these names and a colon.
 */
export async function* withoutSpeakerLabel(
  events: AsyncIterable<GenerationEvent>,
  names: readonly string[],
): AsyncGenerator<GenerationEvent, void, void> {
  const labels = names.map(lettersOf);
  let held: string | undefined = "";
  for await (const event of events) {
    if (held === undefined || event.type === "prompt-ready") yield event;
    else if (event.type === "text-delta") {
      held += event.text;
      const text = behindLabel(held, labels);
      if (text === undefined) continue;
      held = undefined;
      yield { type: "text-delta", text };
    } else {
      if (held !== "" && !isLabel(held, labels)) yield { type: "text-delta", text: held };
      held = undefined;
      yield event;
    }
  }
}

/** The text without a label; undefined where that cannot be told yet. */
function behindLabel(text: string, labels: readonly string[]): string | undefined {
  if (isLabel(text, labels)) return text.slice(text.indexOf(":") + 1).trimStart() || undefined;
  if (text.includes(":")) return text;
  return labels.some((label) => label.startsWith(lettersOf(text))) ? undefined : text;
}

/** Whether it begins with a name and a colon. */
function isLabel(text: string, labels: readonly string[]): boolean {
  const colon = text.indexOf(":");
  return colon >= 0 && labels.includes(lettersOf(text.slice(0, colon)));
}

/** "R2-D2" and "r2 d2" are one name. */
function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
}
