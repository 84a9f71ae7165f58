import type { GenerationEvent } from "./contracts.ts";

/**
 * What a language model says, without the name that small ones put before it as in a script: "Antiphon: Rain is …".
 * Text is held back only as long as it may still become one of these names (in lower case) and a colon.
 */
export async function* withoutSpeakerLabel(
  events: AsyncIterable<GenerationEvent>,
  names: readonly string[],
): AsyncGenerator<GenerationEvent, void, void> {
  let held: string | undefined = "";
  for await (const event of events) {
    if (held === undefined || event.type === "prompt-ready") yield event;
    else if (event.type === "text-delta") {
      held += event.text;
      const text = behindLabel(held, names);
      if (text === undefined) continue;
      held = undefined;
      yield { type: "text-delta", text };
    } else {
      if (held !== "") yield { type: "text-delta", text: held };
      held = undefined;
      yield event;
    }
  }
}

/** The text without a label; undefined where that cannot be told yet. */
function behindLabel(text: string, names: readonly string[]): string | undefined {
  const begun = text.trimStart();
  const lower = begun.toLowerCase();
  const labels = names.map((name) => `${name}:`);
  const label = labels.find((candidate) => lower.startsWith(candidate));
  if (label !== undefined) {
    const rest = begun.slice(label.length).trimStart();
    return rest === "" ? undefined : rest;
  }
  return labels.some((candidate) => candidate.startsWith(lower)) ? undefined : text;
}
