import type {
  CallOptions,
  LookRequest,
  PictureDecoder,
  ReadLine,
  ReadRequest,
  Sight,
  Sighting,
  TextReader,
} from "../../streaming/index.ts";
import { AntiphonError } from "../../streaming/index.ts";
import type { Picture } from "../../vision/index.ts";

/** Takes each byte for the grey of a row of pixels; pictures without bytes, or that begin with 255, are unreadable. */
export class FakePictureDecoder implements PictureDecoder {
  calls = 0;

  async decode(bytes: Uint8Array, { signal }: CallOptions): Promise<Picture> {
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    this.calls += 1;
    if ((bytes[0] ?? 255) === 255) throw new AntiphonError("picture-unreadable", "the picture is damaged");
    const rgb = Uint8Array.from(
      { length: bytes.length * 16 * 3 },
      (_, at) => bytes[Math.floor(at / 48)] ?? 0,
    );
    return { width: 16, height: bytes.length, rgb };
  }
}

/** Sees what a script says to the grey of a picture's first pixel. */
export class FakeSight implements Sight {
  /** The script; may be changed between pictures. An error is thrown. */
  seen: (grey: number) => string | Error;
  readonly requests: LookRequest[] = [];

  constructor(seen: (grey: number) => string | Error = (grey) => `grey ${grey}`) {
    this.seen = seen;
  }

  async look(request: LookRequest, { signal }: CallOptions): Promise<Sighting> {
    this.requests.push(request);
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    const seen = this.seen(request.picture.rgb[0] ?? 0);
    if (typeof seen !== "string") throw seen;
    const labels = [{ name: seen, probability: 0.9 }];
    const places = { left: labels, center: labels, right: labels };
    // As a language model's own eyes: what is said beside a picture is what was asked for, and no more.
    const tokens = new Float32Array();
    return { labels, places, scene: [], faces: [], sure: true, isShownItself: true, tokens };
  }
}

/** Reads what a script says to the grey of a picture's first pixel; one line that fills the picture, or none. */
export class FakeTextReader implements TextReader {
  printed: (grey: number) => string;
  calls = 0;

  constructor(printed: (grey: number) => string = () => "") {
    this.printed = printed;
  }

  async read({ picture }: ReadRequest, { signal }: CallOptions): Promise<readonly ReadLine[]> {
    this.calls += 1;
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    const text = this.printed(picture.rgb[0] ?? 0);
    return text === "" ? [] : [{ text, probability: 0.9, height: 1 }];
  }
}
