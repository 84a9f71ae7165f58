/** A point, in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle that may be turned; the text in it runs along `angle`. In pixels and radians. */
export interface TextBox {
  readonly center: Point;
  /** Along the text. */
  readonly width: number;
  /** Across the text. */
  readonly height: number;
  /** Of the text's direction to the right, clockwise on the screen, within a quarter turn of level. */
  readonly angle: number;
  /** Mean probability of text inside. */
  readonly probability: number;
}

/** How probable text is at each pixel, row by row. */
export interface TextMap {
  readonly width: number;
  readonly height: number;
  readonly probabilities: Float32Array;
}

const TEXT = 0.3;
const BOX = 0.6;
const SMALLEST_SIDE = 3;
/** The network marks the heart of a line; the line itself is larger by area · ratio / perimeter on all sides. */
const UNCLIP_RATIO = 1.5;

/**
 * The lines of text in a map (Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", 2019): the
 * smallest turned rectangle around each connected patch, grown back to the size of its line.
 */
export function findTextBoxes(map: TextMap): TextBox[] {
  const seen = new Uint8Array(map.probabilities.length);
  const boxes: TextBox[] = [];
  for (const [start, probability] of map.probabilities.entries()) {
    if (probability <= TEXT || seen[start] === 1) continue;
    const patch = collectPatch(map, start, seen);
    const box = smallestBox(convexHull(patch.edge));
    if (box === undefined || Math.min(box.width, box.height) < SMALLEST_SIDE || patch.probability < BOX)
      continue;
    const margin = (box.width * box.height * UNCLIP_RATIO) / (2 * (box.width + box.height));
    boxes.push({
      ...box,
      width: box.width + 2 * margin,
      height: box.height + 2 * margin,
      probability: patch.probability,
    });
  }
  return boxes;
}

/** Marks the patch that a pixel belongs to, and returns the ends of its rows with its mean probability. */
function collectPatch({ width, height, probabilities }: TextMap, start: number, seen: Uint8Array) {
  const ends = new Map<number, { first: number; last: number }>();
  const waiting = [start];
  seen[start] = 1;
  let sum = 0;
  let count = 0;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const x = at % width;
    const y = Math.floor(at / width);
    sum += probabilities[at] ?? 0;
    count += 1;
    const row = ends.get(y);
    ends.set(y, { first: Math.min(row?.first ?? x, x), last: Math.max(row?.last ?? x, x) });
    for (const neighbour of neighbours(x, y, width, height)) {
      if (seen[neighbour] === 1 || (probabilities[neighbour] ?? 0) <= TEXT) continue;
      seen[neighbour] = 1;
      waiting.push(neighbour);
    }
  }
  const edge = [...ends].flatMap(([y, { first, last }]) => [
    { x: first, y },
    { x: last, y },
  ]);
  return { edge, probability: sum / count };
}

/** Places of the pixels around one, itself among them. */
function neighbours(x: number, y: number, width: number, height: number): number[] {
  const places: number[] = [];
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
      places.push(row * width + column);
    }
  }
  return places;
}

/** Andrew's monotone chain; counter-clockwise where y points up. */
function convexHull(points: readonly Point[]): Point[] {
  const sorted = points.toSorted((a, b) => a.x - b.x || a.y - b.y);
  const half = (order: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const point of order) {
      while (chain.length >= 2 && turn(chain.at(-2), chain.at(-1), point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.toReversed())];
}

function turn(a: Point | undefined, b: Point | undefined, c: Point): number {
  if (a === undefined || b === undefined) return 0;
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/** The rectangle of least area around a hull: one of its sides lies on one of the hull's. */
function smallestBox(hull: readonly Point[]): Omit<TextBox, "probability"> | undefined {
  let best: Omit<TextBox, "probability"> | undefined;
  for (const [index, point] of hull.entries()) {
    const next = hull[(index + 1) % hull.length] ?? point;
    const box = boxAlong(hull, levelled(Math.atan2(next.y - point.y, next.x - point.x)));
    if (best === undefined || box.width * box.height < best.width * best.height) best = box;
  }
  return best;
}

/** The same direction or one across it, within an eighth of a turn of level: text is printed that way. */
function levelled(angle: number): number {
  const quarter = Math.PI / 2;
  return angle - Math.round(angle / quarter) * quarter;
}

function boxAlong(hull: readonly Point[], angle: number): Omit<TextBox, "probability"> {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const along = hull.map(({ x, y }) => x * cos + y * sin);
  const across = hull.map(({ x, y }) => y * cos - x * sin);
  const [left, right] = [Math.min(...along), Math.max(...along)];
  const [top, bottom] = [Math.min(...across), Math.max(...across)];
  const u = (left + right) / 2;
  const v = (top + bottom) / 2;
  // Pixels have a width, too.
  return {
    center: { x: u * cos - v * sin, y: u * sin + v * cos },
    width: right - left + 1,
    height: bottom - top + 1,
    angle,
  };
}
