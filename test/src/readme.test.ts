import { readFileSync } from "node:fs";

import { expect, test } from "vitest";
import { z } from "zod";

import { configSchema, loadConfig } from "../../src/config.ts";

/** Longer texts are described instead of shown. */
const LONGEST_SHOWN = 30;

/** The settings of the README's table with the defaults that it gives them. */
function documented(): Map<string, string> {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const [, table = ""] = /\n\| key +\| default .*\n\|[ -|]+\n((?:\|.*\n)+)/u.exec(readme) ?? [];
  const settings = new Map<string, string>();
  for (const row of table.trim().split("\n")) {
    const [, keys = "", defaults = ""] = row.split("|");
    const names = [...keys.matchAll(/`([^`]+)`/gu)].map(([, name = ""]) => name);
    const values = names.length === 1 ? [defaults.trim()] : defaults.trim().split(", ");
    let parent = "";
    for (const [index, name] of names.entries()) {
      // `.other` after `group.name` is `group.other`.
      const key = name.startsWith(".") ? parent + name : name;
      parent = key.slice(0, key.lastIndexOf("."));
      // One default may stand for all names of a row.
      settings.set(key, values[values.length === 1 ? 0 : index] ?? "");
    }
  }
  return settings;
}

/** Every setting of the schema, as `group.name`. */
function settingsOf(schema: z.core.$ZodType, path = ""): string[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) {
    return settingsOf(schema.unwrap(), path);
  }
  if (!(schema instanceof z.ZodObject)) return [path];
  const shape: z.core.$ZodShape = schema.shape;
  return Object.entries(shape).flatMap(([key, child]) =>
    settingsOf(child, path === "" ? key : `${path}.${key}`),
  );
}

function defaultOf(key: string): unknown {
  const config: unknown = loadConfig({ environment: {} });
  return key.split(".").reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], config);
}

/** A default as the README writes it. */
function shown(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return "none";
  if (Array.isArray(value)) return value.map(shown).join(", ");
  return typeof value === "string" ? `\`${value}\`` : JSON.stringify(value);
}

test("the README's table has every setting and no other", () => {
  expect([...documented().keys()].sort()).toEqual(settingsOf(configSchema).sort());
});

test.each(settingsOf(configSchema).map((key) => [key, defaultOf(key)] as const))(
  "the README gives %s its real default",
  (key, value) => {
    const given = documented().get(key);
    if (typeof value === "string" && value.length > LONGEST_SHOWN) expect(given).toMatch(/^\w[\w ]+$/u);
    else expect(given).toBe(shown(value));
  },
);
