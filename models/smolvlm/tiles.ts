import { resize } from "../../vision/index.ts";
import type { Picture } from "../../vision/index.ts";

/** A picture as SmolVLM's encoder takes it. */
export interface Tiles {
  /** Tiles row by row, and the whole picture at the end; or the whole picture alone. */
  readonly tiles: readonly Picture[];
  /** Of tiles; 0 where the picture was not cut. */
  readonly rows: number;
  readonly columns: number;
}

/** How many tiles long the long side of a picture that is cut becomes. */
const TILES_LONG = 4;

/**
 * Cuts a picture into square tiles as SmolVLM's processor does (arXiv 2504.05299): the long side becomes four tiles, the
 * short one is stretched to whole tiles; after them comes the whole picture in one. Without `split`, as it was trained
 * with videos, there is that one only. Filtered with Lanczos' kernel.
 */
export function smolVlmTiles(picture: Picture, size: number, split: boolean): Tiles {
  const large = resize(picture, longSide(picture, TILES_LONG * size), "lanczos");
  const square = { width: size, height: size };
  if (!split) return { tiles: [resize(large, square, "lanczos")], rows: 0, columns: 0 };
  const whole = resize(large, wholeTiles(large, size), "lanczos");
  const [rows, columns] = [whole.height / size, whole.width / size];
  const tiles = Array.from({ length: rows * columns }, (_, index) =>
    crop(whole, (index % columns) * size, Math.floor(index / columns) * size, size),
  );
  return { tiles: [...tiles, resize(whole, square, "lanczos")], rows, columns };
}

/** Tiles as float32 [tiles, 3, size, size] between -1 and 1. */
export function tilePixels(tiles: readonly Picture[]): Float32Array {
  const plane = (tiles[0]?.width ?? 0) * (tiles[0]?.height ?? 0);
  const pixels = new Float32Array(tiles.length * 3 * plane);
  for (const [index, { rgb }] of tiles.entries()) {
    for (let at = 0; at < 3 * plane; at++)
      pixels[(3 * index + (at % 3)) * plane + Math.floor(at / 3)] = (rgb[at] ?? 0) / 127.5 - 1;
  }
  return pixels;
}

type Size = Pick<Picture, "width" | "height">;

/** The long side becomes `length`, the short one keeps the shape and is made even. */
function longSide({ width, height }: Size, length: number): Size {
  const even = (side: number): number => Math.max(1, Math.floor(side) + (Math.floor(side) % 2));
  const aspect = width / height;
  return aspect >= 1
    ? { width: length, height: even(length / aspect) }
    : { width: even(length * aspect), height: length };
}

/** Both sides made whole tiles, the long one first. */
function wholeTiles({ width, height }: Size, size: number): Size {
  const up = (side: number): number => Math.ceil(side / size) * size;
  const aspect = width / height;
  return aspect >= 1
    ? { width: up(width), height: up(Math.floor(up(width) / aspect)) }
    : { width: up(Math.floor(up(height) * aspect)), height: up(height) };
}

function crop({ width, rgb }: Picture, left: number, top: number, size: number): Picture {
  const tile = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    const start = 3 * ((top + row) * width + left);
    tile.set(rgb.subarray(start, start + 3 * size), 3 * size * row);
  }
  return { width: size, height: size, rgb: tile };
}
