export type CameraSource = "camera" | "screen" | "file";

/** How large pictures are at most, in pixels: a camera shows things, a screen and a picture may hold small print. */
const SIZES = {
  camera: { long: 640, short: 640 },
  screen: { long: 1920, short: 1080 },
  file: { long: 1920, short: 1080 },
} as const satisfies Readonly<Record<CameraSource, object>>;
/** However much there is in it, a picture's longest side is not made shorter than this. */
const SMALLEST_SIDE = 640;
/** Servers take messages of 256 KiB unless they are told otherwise, and sound waits for what is on its way. */
const MOST_BYTES = 200_000;
const FEWEST_BYTES = 25_000;
/** One that is too large is made anew with its sides this much shorter. */
const SHRINKING = 0.75;
const JPEG_QUALITY = 0.8;

/** What is in view, and how large it is in pixels. */
export interface InView {
  readonly image: CanvasImageSource;
  readonly width: number;
  readonly height: number;
}

/** Makes JPEGs of what is in view, as sharp as its source is worth and as can be sent once a second. */
export class PictureEncoder {
  readonly #canvas = document.createElement("canvas");
  /** Of the picture that is on that one, made smaller. */
  readonly #smaller = document.createElement("canvas");
  /** How much shorter than they might be the last picture's sides had to be. */
  #scale = 1;
  #mostBytes = MOST_BYTES;
  #views = 0;

  /** Something else is in view from now on; what is being made is of no more account. */
  reset(): void {
    this.#scale = 1;
    this.#views += 1;
  }

  /** Whether the last picture was on its way in time: smaller ones follow where it was not. */
  noteSent(isInTime: boolean): void {
    const bytes = this.#mostBytes * (isInTime ? 1.25 : 0.5);
    this.#mostBytes = Math.min(MOST_BYTES, Math.max(FEWEST_BYTES, bytes));
  }

  /** Undefined where there is nothing in view, or it cannot be drawn. What is in view is read at once. */
  async encode({ image, width, height }: InView, source: CameraSource): Promise<Blob | undefined> {
    const [long, short] = [Math.max(width, height), Math.min(width, height)];
    if (short === 0) return undefined;
    const best = Math.min(1, SIZES[source].long / long, SIZES[source].short / short);
    const least = Math.min(1, SMALLEST_SIDE / (long * best));
    const view = this.#views;
    // A little sharper than the last one, where that was too much: what is shown may have become simpler.
    let scale = Math.min(1, this.#scale / SHRINKING);
    draw(this.#canvas, image, { width: width * best * scale, height: height * best * scale });
    let jpeg = await jpegOf(this.#canvas);
    while (jpeg !== undefined && jpeg.size > this.#mostBytes && scale > least) {
      scale = Math.max(scale * SHRINKING, least);
      draw(this.#smaller, this.#canvas, { width: width * best * scale, height: height * best * scale });
      jpeg = await jpegOf(this.#smaller);
    }
    if (view === this.#views) this.#scale = scale;
    return jpeg;
  }
}

function draw(
  canvas: HTMLCanvasElement,
  image: CanvasImageSource,
  { width, height }: { readonly width: number; readonly height: number },
): void {
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
}

async function jpegOf(canvas: HTMLCanvasElement): Promise<Blob | undefined> {
  return await new Promise((resolve) => {
    canvas.toBlob(
      (blob) => {
        resolve(blob ?? undefined);
      },
      "image/jpeg",
      JPEG_QUALITY,
    );
  });
}
