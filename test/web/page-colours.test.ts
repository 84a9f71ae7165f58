import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { STAGES } from "../../web/page/turn-bars.ts";

const css = readFileSync(new URL("../../web/page/page.css", import.meta.url), "utf8");
const hex = "(#[0-9a-f]{6})";

/** Every colour of the page by its name, in light and in dark. */
const colours = new Map(
  [...css.matchAll(new RegExp(`--([a-z]+): light-dark\\(${hex}, ${hex}\\);`, "gu"))].map(
    ([, name, light, dark]) => [name!, { light: light!, dark: dark! }] as const,
  ),
);

/** As WCAG 2.2 has it. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((low, high) => low - high);
  return (lighter! + 0.05) / (darker! + 0.05);
}

/** The variable that a stage's part of a bar is painted with. */
function colourOf(stage: string): { readonly light: string; readonly dark: string } {
  const name = new RegExp(
    `^i\\[data-stage="${stage}"\\] \\{\\n  background: var\\(--([a-z]+)\\);`,
    "mu",
  ).exec(css)?.[1];
  return colours.get(name ?? "")!;
}

test.each(["light", "dark"] as const)(
  "stages that follow one another are told apart without colour, and all of them from the card, in %s",
  (scheme) => {
    const painted = STAGES.map((stage) => colourOf(stage)[scheme]);
    for (const colour of painted)
      expect(contrast(colour, colours.get("card")![scheme])).toBeGreaterThanOrEqual(3);
    for (const [index, colour] of painted.slice(1).entries())
      expect(contrast(colour, painted[index]!)).toBeGreaterThan(1.5);
  },
);

test("a browser that has but one set of colours has all of them, and they are the light ones", () => {
  const fallback = /@supports not \(color: light-dark\(#000, #fff\)\) \{(.*?)\n\}/su.exec(css)?.[1] ?? "";
  const names = [...fallback.matchAll(new RegExp(`--([a-z]+): ${hex};`, "gu"))].map(
    ([, name, colour]) => [name!, colour!] as const,
  );
  expect(colours.size).toBeGreaterThan(10);
  expect(Object.fromEntries(names)).toEqual(
    Object.fromEntries([...colours].map(([name, { light }]) => [name, light])),
  );
});

test("a scheme is chosen only where the browser has both, so that controls and paper go together", () => {
  const withBoth = /@supports \(color: light-dark\(#000, #fff\)\) \{(.*?)\n\}/su.exec(css)?.[1] ?? "";
  const chosen = /:root\[data-theme="[a-z]+"\]/gu;
  expect(withBoth.match(chosen)).toHaveLength(2);
  expect(css.match(chosen)).toHaveLength(2);
});
