import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type Item, readItem } from "../../../../src/dialects/realtime/client-item.ts";
import { contextOf, Items } from "../../../../src/dialects/realtime/items.ts";

const RULES = { nextId: () => "x", maxTextLength: 4000 };

const message = (id: string, text = id, role: "user" | "assistant" | "system" = "user"): Item =>
  readItem({ id, type: "message", role, content: [{ type: "input_text", text }] }, RULES).item;

describe("items", () => {
  test("stand where the client puts them", () => {
    const items = new Items();
    items.insert(message("b"), undefined);
    items.insert(message("a"), "root");
    items.insert(message("d"), undefined);
    items.insert(message("c"), "b");
    expect(items.context.map(({ text }) => text)).toEqual(["a", "b", "c", "d"]);
    expect([items.idBefore("a"), items.idBefore("c"), items.lastId]).toEqual([null, "b", "d"]);
  });

  test("are refused behind what is not there, or twice, and nothing changes", () => {
    const items = new Items();
    items.insert(message("a"), undefined);
    for (const [id, behind] of [
      ["a", undefined],
      ["b", "x"],
    ] as const)
      expect(() => {
        items.insert(message(id), behind);
      }).toThrow();
    expect(items.lastId).toBe("a");
  });

  test("are forgotten, the oldest first, before a client that never stops fills the memory", () => {
    const items = new Items();
    for (let index = 0; index < 1200; index++) items.append(message(`${index}`));
    expect(items.context).toHaveLength(1000);
    expect(items.context[0]?.text).toBe("200");
  });

  test("are forgotten also where a client puts each behind another one", () => {
    const items = new Items();
    items.append(message("first"));
    items.append(message("last"));
    for (let index = 0; index < 1200; index++)
      items.insert(message(`${index}`), index === 0 ? "first" : `${index - 1}`);
    expect(items.context).toHaveLength(1000);
    expect(items.get("first")).toBeUndefined();
    items.insert(message("new"), "root");
    expect(items.context).toHaveLength(1000);
  });

  test("that no prompt can hold are not told the language model with every change, but the question is", () => {
    const items = new Items();
    for (let index = 0; index < 500; index++) items.append(message(`${index}`, "x".repeat(4000)));
    expect(items.context.length).toBeLessThan(8);
    items.append(message("question"));
    for (let index = 0; index < 100; index++) {
      const output = { type: "function_call_output", call_id: `${index}`, output: "x".repeat(9000) };
      items.append(readItem(output, RULES).item);
    }
    expect(items.context).toHaveLength(101);
    expect(items.context[0]?.text).toBe("question");
  });

  test("that are pictures only are no question: what was asked before them is told", () => {
    const items = new Items();
    items.append(message("question"));
    for (let index = 0; index < 8; index++) items.append(message(`a${index}`, "x".repeat(3000), "assistant"));
    const image_url = "data:image/png;base64,AAAA";
    const shown = { id: "p", type: "message", role: "user", content: [{ type: "input_image", image_url }] };
    items.append(readItem(shown, RULES).item);
    expect(items.context[0]?.text).toBe("question");
    expect(items.context.map(({ text }) => text)).not.toContain("");
    expect(items.wholeContext.at(-1)).toEqual({ itemId: "p", message: { role: "user", text: "" } });
  });

  test("say no more than a text may have, all parts together, and outputs no more than arguments", () => {
    expect(message("a", "x".repeat(4000)).id).toBe("a");
    const text = "x".repeat(2001);
    const content = [
      { type: "input_text", text },
      { type: "input_text", text },
    ];
    for (const role of ["user", "assistant", "system"])
      expect(() => readItem({ type: "message", role, content }, RULES)).toThrow(
        expect.objectContaining({
          details: expect.objectContaining({ code: "text_too_long", param: "item.content" }) as unknown,
        }),
      );
    const output = { type: "function_call_output", call_id: "c", output: "x".repeat(32_001) };
    expect(() => readItem(output, RULES)).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ code: "invalid_value", param: "item.output" }) as unknown,
      }),
    );
  });

  test("of the system's are no endless prompt: the newest stand in it", () => {
    const items = new Items();
    for (let index = 0; index < 100; index++)
      items.append(message(`${index}`, `${index} ${"x".repeat(990)}`, "system"));
    expect(items.notes).toHaveLength(8);
    expect(items.notes.at(-1)).toMatch(/^99 /u);
  });

  test("of the system's that are left out are not read again each time", () => {
    const items = new Items();
    let reads = 0;
    for (let index = 0; index < 1000; index++) {
      const part = {
        type: "input_text" as const,
        get text(): string {
          reads += 1;
          return "x".repeat(4000);
        },
      };
      const common = { id: `${index}`, object: "realtime.item", status: "completed" } as const;
      items.append({ ...common, type: "message", role: "system", content: [part] });
    }
    expect(items.notes).toHaveLength(2);
    expect(reads).toBeLessThan(10);
  });

  test("of the system's stand in the prompt in order, the newest even where it fills it alone", () => {
    const items = new Items();
    const rules = { ...RULES, maxTextLength: 9000 };
    const long = { type: "input_text", text: "x".repeat(9000) };
    for (const id of ["a", "b"]) items.append(message(id, id, "system"));
    expect(items.notes).toEqual(["a", "b"]);
    items.append(readItem({ type: "message", role: "system", content: [long] }, rules).item);
    expect(items.notes).toEqual([long.text]);
  });

  test("tell the language model of calls and of what came of them", () => {
    const call = { type: "function_call", call_id: "c", name: "f", arguments: "{}" };
    const output = { type: "function_call_output", call_id: "c", output: "42" };
    expect([call, output].flatMap((value) => contextOf(readItem(value, RULES).item))).toEqual([
      { role: "assistant", text: "", toolCalls: [{ id: "c", name: "f", arguments: "{}" }] },
      { role: "tool", toolCallId: "c", text: "42" },
    ]);
  });

  test("are read or refused with a param, whatever a client sends", () => {
    fc.assert(
      fc.property(fc.object({ key: fc.constantFrom("type", "role", "content", "text", "id") }), (value) => {
        try {
          readItem(value, RULES);
        } catch (error) {
          expect(error).toMatchObject({ details: { type: "invalid_request_error" } });
        }
      }),
    );
  });
});
