import { setTimeout as delay } from "node:timers/promises";

import { z } from "zod";

import type {
  CallOptions,
  ToolBox,
  ToolCall,
  ToolOutcome,
  ToolSpec,
  ToolSurroundings,
} from "../../../streaming/index.ts";
import { AntiphonError } from "../../../streaming/index.ts";
import type { DeviceMcp, DeviceTool } from "./device-mcp.ts";

const LONGEST_NAME = 64;
const LONGEST_DESCRIPTION = 400;
/** What only tells, or can be taken back with a word, needs nobody's leave: status, volume, brightness, theme, a photo. */
const HARMLESS = /^self\.(?:get_|audio_speaker\.|screen\.|camera\.)/u;
const CAMERA = /^self\.camera\./u;

/** A picture is unpacked and looked at after it has come in; until then there is none. */
const UNSEEN = /^The camera is off/u;
const LOOKS = 5;
const LOOK_PAUSE_MS = 300;

const fact = z.object({ fact: z.string().min(3).max(300) });
/** They take the place of the server's own, whose notes are everybody's. */
const MEMORY_TOOLS: readonly ToolSpec[] = [
  {
    name: "remember",
    description: "Remembers a fact that the user wants to be kept: note this.",
    parameters: z.toJSONSchema(fact),
  },
  {
    name: "recall",
    description: "Recalls everything that the user asked to remember: the notes.",
    parameters: { type: "object", properties: {} },
  },
];

/** What is remembered for the board. */
export interface DeviceMemory {
  readonly remember: (fact: string) => Promise<void>;
  readonly facts: () => Promise<readonly string[]>;
}

/** What a board can do, as tools of its conversation, and its memory. The board's are there once it has told of them. */
export class DeviceTools implements ToolBox {
  readonly #mcp: DeviceMcp;
  readonly #memory: DeviceMemory;
  readonly #picturesTaken: () => number;
  #names = new Map<string, string>();
  #specs: readonly ToolSpec[] = MEMORY_TOOLS;

  /** @param picturesTaken - how many pictures of the board have come in so far. */
  constructor(mcp: DeviceMcp, memory: DeviceMemory, picturesTaken: () => number) {
    this.#mcp = mcp;
    this.#memory = memory;
    this.#picturesTaken = picturesTaken;
  }

  /** From now on these are the board's tools. */
  offer(tools: readonly DeviceTool[]): void {
    this.#names = new Map();
    const taken = new Set(MEMORY_TOOLS.map(({ name }) => name));
    const specs = tools.flatMap((tool) => {
      const name = tool.name.replace(/[^A-Za-z0-9_-]/gu, "_").slice(0, LONGEST_NAME);
      if (taken.has(name) || this.#names.has(name)) return [];
      this.#names.set(name, tool.name);
      return {
        name,
        description: tool.description.slice(0, LONGEST_DESCRIPTION),
        parameters: tool.inputSchema,
        sideEffect: !HARMLESS.test(tool.name),
      };
    });
    this.#specs = [...MEMORY_TOOLS, ...specs];
  }

  list(): readonly ToolSpec[] {
    return this.#specs;
  }

  async call(call: ToolCall, { look }: ToolSurroundings, options: CallOptions): Promise<ToolOutcome> {
    const name = this.#names.get(call.name);
    if (name === undefined) return { type: "result", text: await this.#useMemory(call) };
    const before = this.#picturesTaken();
    const text = await this.#mcp.call(name, argumentsOf(call), options);
    // What the board says of its picture is what we said when we got it: what the picture shows is known here.
    const isPicture = CAMERA.test(name) && this.#picturesTaken() > before;
    return { type: "result", text: isPicture ? await lookAgain(look, options) : text };
  }

  async #useMemory(call: ToolCall): Promise<string> {
    if (call.name === "remember") {
      await this.#memory.remember(fact.parse(argumentsOf(call)).fact);
      return "It is noted.";
    }
    if (call.name !== "recall") throw new AntiphonError("message-invalid", `the device has no ${call.name}`);
    const facts = await this.#memory.facts();
    return facts.length === 0 ? "There are no notes." : facts.join("\n");
  }
}

/** What a picture shows that has come in a moment ago. */
async function lookAgain(look: ToolSurroundings["look"], options: CallOptions): Promise<string> {
  let text = await look(options);
  for (let tries = 1; tries < LOOKS && UNSEEN.test(text); tries++) {
    await delay(LOOK_PAUSE_MS, undefined, options);
    text = await look(options);
  }
  return text;
}

function argumentsOf({ arguments: json }: ToolCall): Readonly<Record<string, unknown>> {
  const value: unknown = json === "" ? {} : JSON.parse(json);
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new AntiphonError("message-invalid", "a tool's arguments are an object");
}
