import { z } from "zod";

import type { CallOptions, Clock, ToolSurroundings } from "../../streaming/index.ts";
import type { Notes } from "./notes.ts";
import type { Tool } from "./tool.ts";

export const BUILT_IN_TOOLS = ["time", "timer", "look", "read", "remember"] as const;
export type BuiltInTool = (typeof BUILT_IN_TOOLS)[number];

const TIMERS_AT_MOST = 16;
const UNIT_MS = { seconds: 1000, minutes: 60_000, hours: 3_600_000 } as const;
const LONGEST_TIMER_MS = 24 * UNIT_MS.hours;

const NOTHING = z.object({});

/** What the built-in tools of one conversation work with. */
export interface BuiltInSettings {
  readonly clock: Clock;
  readonly notes: Notes;
  /** Ends with the conversation, and its timers with it. */
  readonly signal: AbortSignal;
}

/** The built-in tools of one conversation. */
export function builtInTools(names: readonly BuiltInTool[], settings: BuiltInSettings): readonly Tool[] {
  const makers: Readonly<Record<BuiltInTool, () => readonly Tool[]>> = {
    time: () => [timeTool],
    timer: () => timerTools(settings),
    look: () => [lookTool],
    read: () => [readTool],
    remember: () => memoryTools(settings.notes),
  };
  return names.flatMap((name) => makers[name]());
}

const timeTool = tool("get_time", "The current time, day of the week and date.", NOTHING, () => {
  const now = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "short" }).format();
  return Promise.resolve(`It is ${now}.`);
});

const lookTool = tool(
  "look_closer",
  "Looks closer at what the camera shows and lists the things in the picture with their places.",
  NOTHING,
  (_, { look }, options) => look(options),
);

const readTool = tool(
  "read_text",
  "Reads the text, sign or label that is printed in the camera picture.",
  NOTHING,
  (_, { readText }, options) => readText(options),
);

function timerTools({ clock, signal }: BuiltInSettings): readonly Tool[] {
  const running = new Set<AbortController>();
  const set = z.object({
    amount: z.number().positive(),
    unit: z.enum(["seconds", "minutes", "hours"]),
  });
  return [
    tool(
      "set_timer",
      "Sets a timer or reminder that rings after a time.",
      set,
      ({ amount, unit }, { say }) => {
        const ms = amount * UNIT_MS[unit];
        if (ms > LONGEST_TIMER_MS) throw new Error("a timer runs for a day at most");
        if (running.size >= TIMERS_AT_MOST) throw new Error("there are too many timers already");
        const timer = new AbortController();
        running.add(timer);
        const words = amount === 1 ? `1 ${unit.slice(0, -1)}` : `${amount} ${unit}`;
        const ring = async (): Promise<void> => {
          try {
            await clock.sleep(ms, { signal: AbortSignal.any([signal, timer.signal]) });
            say(`Your timer of ${words} is over.`);
          } finally {
            running.delete(timer);
          }
        };
        ring().catch(() => undefined); // cancelled
        return Promise.resolve(`The timer is set for ${words}.`);
      },
    ),
    tool("cancel_timers", "Cancels and stops all running timers.", NOTHING, () => {
      const count = running.size;
      for (const timer of running) timer.abort(new DOMException("the timer was cancelled", "AbortError"));
      return Promise.resolve(count === 0 ? "There is no timer." : `${count} cancelled.`);
    }),
  ];
}

function memoryTools(notes: Notes): readonly Tool[] {
  const fact = z.object({ fact: z.string().min(1).max(300) });
  return [
    tool("remember", "Remembers a fact that the user wants to be kept: note this.", fact, async (values) => {
      await notes.add(values.fact);
      return "It is noted.";
    }),
    tool("recall", "Recalls everything that the user asked to remember: the notes.", NOTHING, () => {
      const all = notes.all();
      return Promise.resolve(all.length === 0 ? "There are no notes." : all.join("\n"));
    }),
  ];
}

/** A tool whose arguments are what a zod schema says. */
function tool<Values>(
  name: string,
  description: string,
  schema: z.ZodType<Values>,
  run: (values: Values, surroundings: ToolSurroundings, options: CallOptions) => Promise<string>,
): Tool {
  const parameters: Record<string, unknown> = z.toJSONSchema(schema);
  return {
    spec: { name, description, parameters },
    run: async (values, surroundings, options) => await run(schema.parse(values), surroundings, options),
  };
}
