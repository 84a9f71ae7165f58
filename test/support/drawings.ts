import sharp from "sharp";

/** Where in the picture something is drawn, and on what. */
export interface DrawnView {
  readonly left: number;
  readonly top: number;
  readonly size: number;
  /** Of the ground, 0 to 255. */
  readonly grey: number;
}

type Colour = readonly [number, number, number];

const [WIDTH, HEIGHT] = [480, 360];
const BLUE: Colour = [20, 60, 200];
const YELLOW: Colour = [250, 220, 40];
const RED: Colour = [200, 20, 30];
const WHITE: Colour = [255, 255, 255];

/** Things that no encoder has a name for, by place within a square of side 1. */
const DRAWINGS = {
  flag: (x: number, y: number): Colour | undefined => {
    if (x < 0 || y < 0 || x >= 1 || y >= 0.67) return undefined;
    return (Math.floor(x * 6) + Math.floor(y * 6)) % 2 === 0 ? BLUE : YELLOW;
  },
  badge: (x: number, y: number): Colour | undefined => {
    const distance = Math.hypot(x - 0.5, y - 0.5);
    if (distance >= 0.5) return undefined;
    return Math.floor(distance * 8) % 2 === 0 ? WHITE : RED;
  },
} as const;

/** A picture of a drawing, as a JPEG. */
export async function drawnPicture(thing: keyof typeof DRAWINGS, view: DrawnView): Promise<Uint8Array> {
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3).fill(view.grey);
  for (let at = 0; at < WIDTH * HEIGHT; at++) {
    const x = ((at % WIDTH) - view.left) / view.size;
    const y = (Math.floor(at / WIDTH) - view.top) / view.size;
    const colour = DRAWINGS[thing](x, y);
    if (colour !== undefined) rgb.set(colour, 3 * at);
  }
  return await sharp(rgb, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg()
    .toBuffer();
}
