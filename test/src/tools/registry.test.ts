import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { joined, ToolRegistry } from "../../../src/tools/registry.ts";
import type { Tool } from "../../../src/tools/tool.ts";
import type { ToolSurroundings } from "../../../streaming/index.ts";
import { FakeTools } from "../../support/fake-tools.ts";

const surroundings: ToolSurroundings = {
  say: () => undefined,
  look: () => Promise.resolve(""),
  readText: () => Promise.resolve(""),
};
const { signal } = new AbortController();

function tool(
  name: string,
  answer: string,
  parameters: Tool["spec"]["parameters"] = { type: "object" },
): Tool {
  return { spec: { name, description: "", parameters }, run: () => Promise.resolve(answer) };
}
const source = (name: string, ...tools: readonly Tool[]) => ({ name, tools: () => tools });
const call = (name: string, json = "{}") => ({ id: "1", name, arguments: json });

describe("the registry of tools", () => {
  it("puts the source's name before a tool's whose name is taken, and calls the right one", async () => {
    const registry = new ToolRegistry([source("a", tool("open", "of a")), source("b", tool("open", "of b"))]);
    expect(registry.list().map(({ name }) => name)).toEqual(["open", "b_open"]);
    expect(await registry.call(call("b_open"), surroundings, { signal })).toMatchObject({ text: "of b" });
    expect(await registry.call(call("open"), surroundings, { signal })).toMatchObject({ text: "of a" });
  });

  it("has names that every server of language models takes, each once, whatever they were", () => {
    const names = fc.array(fc.string({ maxLength: 80 }), { maxLength: 12 });
    fc.assert(
      fc.property(names, names, (one, other) => {
        const registry = new ToolRegistry([
          source("one", ...one.map((name) => tool(name, ""))),
          source("other", ...other.map((name) => tool(name, ""))),
        ]);
        const listed = registry.list().map(({ name }) => name);
        expect(new Set(listed).size).toBe(listed.length);
        for (const name of listed) expect(name).toMatch(/^[\w-]{1,64}$/u);
      }),
    );
  });

  it("runs nothing with arguments that do not fit, and says why", async () => {
    const parameters = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const registry = new ToolRegistry([source("a", tool("count", "ran", parameters))]);
    await expect(registry.call(call("count", '{"n":"x"}'), surroundings, { signal })).rejects.toThrow(
      "do not fit",
    );
    await expect(registry.call(call("count", "[]"), surroundings, { signal })).rejects.toThrow();
    await expect(registry.call(call("other"), surroundings, { signal })).rejects.toThrow("no such tool");
    expect(await registry.call(call("count", '{"n":1}'), surroundings, { signal })).toMatchObject({
      text: "ran",
    });
  });

  it("runs tools all the same whose schema is beyond it", async () => {
    const registry = new ToolRegistry([source("a", tool("odd", "ran", { type: "no such type" }))]);
    expect(await registry.call(call("odd"), surroundings, { signal })).toMatchObject({ text: "ran" });
  });
});

describe("a conversation's own tools", () => {
  it("keep their names beside those of the server", async () => {
    const own = new FakeTools({ open: { run: () => "own" } });
    const both = joined(
      own,
      new ToolRegistry([source("a", tool("open", "common"), tool("close", "common"))]),
    );
    expect(both.list().map(({ name }) => name)).toEqual(["open", "close"]);
    expect(await both.call(call("open"), surroundings, { signal })).toMatchObject({ text: "own" });
    expect(await both.call(call("close"), surroundings, { signal })).toMatchObject({ text: "common" });
  });
});
