import { useState } from "preact/hooks";

import type { Mode } from "../client/index.ts";
import type { Language } from "./words.ts";

/** What the page remembers in this browser. */
export interface Preferences {
  readonly language: Language;
  readonly theme: "auto" | "light" | "dark";
  readonly mode: Mode;
  readonly microphone: string;
  readonly loudspeaker: string;
  readonly camera: string;
  /** What the assistant is told first; empty for the server's own words. */
  readonly systemPrompt: string;
  /** Pace of the voice; undefined for the server's own. */
  readonly speed: number | undefined;
}

/** What the server takes; see docs/protocol.md. */
export const LONGEST_PROMPT = 2000;
export const SPEEDS = { slowest: 0.5, fastest: 2 } as const;

const KEY = "antiphon";

/** The preferences and what changes some of them. */
export function usePreferences(): [Preferences, (changes: Partial<Preferences>) => void] {
  const [preferences, set] = useState(load);
  const change = (changes: Partial<Preferences>): void => {
    const next = { ...preferences, ...changes };
    set(next);
    try {
      localStorage.setItem(KEY, JSON.stringify(next));
    } catch {
      // A private window may forbid it; the page works without a memory.
    }
  };
  return [preferences, change];
}

function load(): Preferences {
  const stored = readStored();
  const pick = <Value extends string>(name: keyof Preferences, known: readonly Value[]): Value | undefined =>
    known.find((value) => value === stored[name]);
  const text = (name: keyof Preferences): string => {
    const value = stored[name];
    return typeof value === "string" ? value : "";
  };
  return {
    language: pick("language", ["en", "zh"]) ?? (navigator.language.startsWith("zh") ? "zh" : "en"),
    theme: pick("theme", ["auto", "light", "dark"]) ?? "auto",
    mode: pick("mode", ["hands-free", "push-to-talk", "patient"]) ?? "hands-free",
    microphone: text("microphone"),
    loudspeaker: text("loudspeaker"),
    camera: text("camera"),
    systemPrompt: text("systemPrompt").slice(0, LONGEST_PROMPT),
    speed: isSpeed(stored.speed) ? stored.speed : undefined,
  };
}

function isSpeed(value: unknown): value is number {
  return typeof value === "number" && value >= SPEEDS.slowest && value <= SPEEDS.fastest;
}

function readStored(): Partial<Record<keyof Preferences, unknown>> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
