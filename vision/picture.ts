/** A picture in memory: 8 bits a channel, red, green, blue interleaved, row by row from the top left. */
export interface Picture {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** [height, width, 3]. */
  readonly rgb: Uint8Array;
}
