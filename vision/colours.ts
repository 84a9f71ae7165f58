import type { Picture } from "./picture.ts";

/** Berlin and Kay's eleven basic terms (Basic Color Terms, 1969), and beige, which is skin, sand, paper and wood. */
export const COLOURS = [
  "black",
  "white",
  "grey",
  "red",
  "orange",
  "yellow",
  "green",
  "blue",
  "purple",
  "pink",
  "brown",
  "beige",
] as const;
export type Colour = (typeof COLOURS)[number];

/** Where each hue ends, in degrees; from the last one on it is red again. */
const HUES: readonly (readonly [untilDegrees: number, name: Colour])[] = [
  [12, "red"],
  [42, "orange"],
  [68, "yellow"],
  [168, "green"],
  [258, "blue"],
  [300, "purple"],
  [342, "pink"],
  [360, "red"],
];

/** Up to here a dark hue is brown and a pale one beige. */
const WARM_UNTIL = 55;

/** What people would call a pixel; red, green and blue up to 255. */
export function colourOf(red: number, green: number, blue: number): Colour {
  const value = Math.max(red, green, blue) / 255;
  const chroma = value - Math.min(red, green, blue) / 255;
  const saturation = value === 0 ? 0 : chroma / value;
  if (value < 0.2 || (value < 0.3 && chroma < 0.08)) return "black";
  if (chroma < 0.08 || saturation < 0.16) return value > 0.7 ? "white" : "grey";
  const hue = hueOf(red, green, blue);
  const named = HUES.find(([untilDegrees]) => hue < untilDegrees)?.[1] ?? "red";
  if (named === "red" && saturation < 0.45) return value > 0.6 ? "pink" : "brown";
  if (named === "red") return value < 0.35 ? "brown" : "red";
  if (hue >= WARM_UNTIL) return named;
  if (saturation < 0.4) return value > 0.7 ? "beige" : "brown";
  return value < 0.7 ? "brown" : named;
}

/** In degrees, red at 0, green at 120, blue at 240. */
function hueOf(red: number, green: number, blue: number): number {
  const highest = Math.max(red, green, blue);
  const chroma = highest - Math.min(red, green, blue);
  if (highest === red) return (60 * ((green - blue) / chroma) + 360) % 360;
  if (highest === green) return 60 * ((blue - red) / chroma) + 120;
  return 60 * ((red - green) / chroma) + 240;
}

const POINTS = { columns: 96, rows: 72 } as const;
/** Of the sides: how far the middle reaches (standard deviation of its weights), and how wide an edge is. */
const MIDDLE = 0.2;
const EDGE = 0.1;
/** How much less what the edges have as well is a sign of a thing. */
const EDGE_WEIGHT = 0.7;
/** A second colour has this part of the first one's weight. */
const ALSO = 0.4;

/**
 * What the pixels in the middle of a picture are called, the most of them first, two colours at most: what stands out from
 * the edges comes first. Sampled: 7 thousand pixels, whatever the picture's size.
 */
export function middleColours({ width, height, rgb }: Picture): readonly Colour[] {
  const middle = new Map<Colour, number>();
  const edge = new Map<Colour, number>();
  for (let at = 0; at < POINTS.columns * POINTS.rows; at++) {
    const across = ((at % POINTS.columns) + 0.5) / POINTS.columns;
    const down = (Math.floor(at / POINTS.columns) + 0.5) / POINTS.rows;
    const pixel = 3 * (Math.floor(down * height) * width + Math.floor(across * width));
    const colour = colourOf(rgb[pixel] ?? 0, rgb[pixel + 1] ?? 0, rgb[pixel + 2] ?? 0);
    const squared = (across - 0.5) ** 2 + (down - 0.5) ** 2;
    add(middle, colour, Math.exp(-squared / (2 * MIDDLE ** 2)));
    if (Math.min(across, down, 1 - across, 1 - down) < EDGE) add(edge, colour, 1);
  }
  const [inMiddle, atEdge] = [shares(middle), shares(edge)];
  const scores = COLOURS.map((colour) => ({
    colour,
    score: (inMiddle.get(colour) ?? 0) - EDGE_WEIGHT * (atEdge.get(colour) ?? 0),
  })).sort((one, other) => other.score - one.score);
  const [first] = scores;
  const named = scores.slice(0, 2).filter(({ score }) => score >= ALSO * (first?.score ?? 0));
  return named.map(({ colour }) => colour);
}

function add(weights: Map<Colour, number>, colour: Colour, weight: number): void {
  weights.set(colour, (weights.get(colour) ?? 0) + weight);
}

function shares(weights: ReadonlyMap<Colour, number>): ReadonlyMap<Colour, number> {
  const sum = [...weights.values()].reduce((total, weight) => total + weight, 0);
  return new Map([...weights].map(([colour, weight]) => [colour, weight / sum]));
}
