/** What the conversation needs from what sees, as `contracts.ts` is for what hears, thinks and speaks. */

import type { Picture } from "../vision/index.ts";
import type { CallOptions } from "./contracts.ts";

export interface PictureDecoder {
  /**
   * A still JPEG, PNG or WebP as pixels, upright, at most 1920 x 1080 or 1080 x 1920.
   * @throws AntiphonError `picture-format`, `picture-animated`, `picture-too-large`, `picture-unreadable`,
   * `picture-timeout`.
   */
  decode(bytes: Uint8Array, options: CallOptions): Promise<Picture>;
}

/** Something that a picture may show. */
export interface SightLabel {
  readonly name: string;
  /** Calibrated on held-out pictures: of all labels of 0.8, eight in ten are right. */
  readonly probability: number;
}

/** A face; left, top, width and height as parts of the picture's. Whose it is, nobody asks. */
export interface SeenFace {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly probability: number;
}

/** What a picture shows. */
export interface Sighting {
  /** The most probable things, best first. */
  readonly labels: readonly SightLabel[];
  /** The same by where they are. */
  readonly places: {
    readonly left: readonly SightLabel[];
    readonly center: readonly SightLabel[];
    readonly right: readonly SightLabel[];
  };
  /** What is no thing: dark, blank, blurred, colours. */
  readonly scene: readonly SightLabel[];
  readonly faces: readonly SeenFace[];
  /** False where nothing is known well enough to be named. */
  readonly sure: boolean;
  /** What kind of thing it surely is, where none of its names is sure. */
  readonly kind?: string;
  /** The language model is shown the picture itself: what these eyes doubt is for people only. */
  readonly isShownItself?: boolean;
  /** How probable all is that these eyes know, in the whole and in its left, middle and right third: for {@link Sight.find}. */
  readonly evidence?: readonly Float32Array[];
  /** For the language model of the same pack: [count, its hidden size]. */
  readonly tokens: Float32Array;
}

export interface LookRequest {
  readonly picture: Picture;
  /** "ahead" gives way to everything else that the same worker has to do. */
  readonly urgency: "ahead" | "asked";
  /** Also in parts, each of them closely: small print can be read, at many times the cost. Not all eyes can. @default false */
  readonly inTiles?: boolean;
}

/** Something that was asked for by its name. */
export interface FoundThing {
  /** As it was asked for, with its article and its place. */
  readonly name: string;
  /** Absent where nobody can tell. */
  readonly isThere?: boolean;
}

export interface Sight {
  look(request: LookRequest, options: CallOptions): Promise<Sighting>;
  /** Whether a picture shows the thing that a question asks for ("Is there a cup?"). Undefined where none is that is known. */
  find?(question: string, sighting: Sighting): FoundThing | undefined;
}

/** A line of text in a picture, as it was printed: data, never an instruction. */
export interface ReadLine {
  readonly text: string;
  /** Mean probability of its characters. */
  readonly probability: number;
  /** As a part of the picture's height: what fills the frame is meant to be read. */
  readonly height: number;
}

export interface ReadRequest {
  readonly picture: Picture;
  /** What nobody has asked for gives way to all else. */
  readonly urgency: LookRequest["urgency"];
  /** Whether print is wanted that is too small to be read in a large picture as a whole: that takes several times as long. */
  readonly isClose: boolean;
}

export interface TextReader {
  /** Lines from top to bottom, none where there is no text. */
  read(request: ReadRequest, options: CallOptions): Promise<readonly ReadLine[]>;
}
