import { z } from "zod";

import type {
  CallOptions,
  JsonSchema,
  ToolBox,
  ToolCall,
  ToolOutcome,
  ToolSpec,
  ToolSurroundings,
} from "../../streaming/index.ts";
import type { Tool, ToolSource } from "./tool.ts";

/** Servers of language models take no longer names. */
const NAME_AT_MOST = 64;

/** All tools from several sources under names of their own, and their arguments checked before anything runs. */
export class ToolRegistry implements ToolBox {
  readonly #sources: readonly ToolSource[];
  readonly #checks = new WeakMap<JsonSchema, z.ZodType | undefined>();

  /** Of tools with the same name, that of an earlier source keeps it. */
  constructor(sources: readonly ToolSource[]) {
    this.#sources = sources;
  }

  list(): readonly ToolSpec[] {
    return [...this.#tools()].map(([name, { spec }]) => ({ ...spec, name }));
  }

  async call(call: ToolCall, surroundings: ToolSurroundings, options: CallOptions): Promise<ToolOutcome> {
    const tool = this.#tools().get(call.name);
    if (tool === undefined) throw new Error("there is no such tool");
    const text = await tool.run(this.#checked(tool.spec, call.arguments), surroundings, options);
    return { type: "result", text };
  }

  #tools(): ReadonlyMap<string, Tool> {
    const tools = new Map<string, Tool>();
    for (const { name: source, tools: list } of this.#sources.map((each) => ({
      name: each.name,
      tools: each.tools(),
    })))
      for (const tool of list) {
        const plain = usable(tool.spec.name);
        const name = tools.has(plain) ? usable(`${source}_${plain}`) : plain;
        if (!tools.has(name)) tools.set(name, tool);
      }
    return tools;
  }

  #checked({ parameters }: ToolSpec, json: string): Readonly<Record<string, unknown>> {
    const values = z.record(z.string(), z.unknown()).parse(JSON.parse(json));
    if (!this.#checks.has(parameters)) this.#checks.set(parameters, checkOf(parameters));
    const result = this.#checks.get(parameters)?.safeParse(values);
    if (result?.success !== false) return values;
    throw new Error(`the arguments do not fit: ${z.prettifyError(result.error)}`);
  }
}

/** What a conversation brings along, and what there is for all: the conversation's own tools keep their names. */
export function joined(own: ToolBox | undefined, common: ToolBox): ToolBox {
  if (own === undefined) return common;
  const commonOnly = (): readonly ToolSpec[] => {
    const taken = new Set(own.list().map(({ name }) => name));
    return common.list().filter(({ name }) => !taken.has(name));
  };
  return {
    list: () => [...own.list(), ...commonOnly()],
    call: (call, surroundings, options) => {
      const isOwn = own.list().some(({ name }) => name === call.name);
      return (isOwn ? own : common).call(call, surroundings, options);
    },
  };
}

function usable(name: string): string {
  return name.replace(/[^\w-]+/gu, "_").slice(0, NAME_AT_MOST) || "_";
}

/** Undefined for a schema that is beyond checking here: whoever runs the tool has to. */
function checkOf(schema: JsonSchema): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(schema);
  } catch {
    return undefined;
  }
}
