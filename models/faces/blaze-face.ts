import type { CallOptions, SeenFace } from "../../streaming/index.ts";
import { type Box, type Picture, resize } from "../../vision/index.ts";
import { type Engine, type EngineClient, type Job, PRIORITY } from "../runtime/engine.ts";
import { floatData, floats, NetworkSession, type SessionOptions } from "../runtime/session.ts";
import { singleChunk } from "../runtime/single-chunk.ts";

/** The network sees a square of this side, in pixels. */
const SIZE = 256;
/** Cells along each side and boxes a cell of its two layers, as its outputs have them one after the other. */
const LAYERS = [
  { cells: 16, boxes: 2, scores: "Identity:0", geometry: "Identity_2:0" },
  { cells: 8, boxes: 6, scores: "Identity_1:0", geometry: "Identity_3:0" },
] as const;
/** A box's centre, extent and six points of the face. */
const NUMBERS_PER_BOX = 16;

/** The authors' own threshold is 0.75; below it cups and clocks have faces. */
const SURE = 0.75;
/** From here on a second look from nearer is worth it: faces of people at the other end of a room are this small. */
const DOUBTFUL = 0.2;
const SECOND_LOOKS = 3;
/** What is looked at from nearer, as a multiple of the face. */
const SURROUNDINGS = 4;
const SAME_FACE_OVERLAP = 0.3;

export type FaceContract = {
  find: { readonly request: { readonly picture: Picture }; readonly chunk: readonly SeenFace[] };
};

/**
 * BlazeFace (Bazarevsky et al., arXiv 1907.05047), MediaPipe's detector for the back camera: finds faces, and says nothing
 * about whose they are. `input` [1, 256, 256, 3] in [-1, 1] to 896 scores and boxes on two grids of anchors.
 */
export async function openFaceEngine(
  config: SessionOptions & { readonly modelPath: string },
): Promise<Engine<FaceContract>> {
  const session = await NetworkSession.open(config.modelPath, config);
  return {
    jobs: {
      async *find({ picture }): Job<readonly SeenFace[]> {
        const whole = { left: 0, top: 0, width: picture.width, height: picture.height };
        const found = await detect(session, picture, whole);
        const faces = found.filter(({ probability }) => probability >= SURE);
        const doubtful = found.filter((face) => face.probability < SURE && !overlapsAny(face, faces));
        for (const face of doubtful.slice(0, SECOND_LOOKS)) {
          yield undefined;
          const nearer = await detect(session, picture, surroundings(face, picture));
          const same = nearer.find((one) => one.probability >= SURE && overlap(one, face) > 0);
          if (same !== undefined && !overlapsAny(same, faces)) faces.push(same);
        }
        yield faces;
      },
    },
    close: () => session.close(),
  };
}

/** Finds the faces in pictures, over an engine wherever that runs. */
export function createFaceFinder(
  client: EngineClient<FaceContract>,
): (picture: Picture, options: CallOptions) => Promise<readonly SeenFace[]> {
  return (picture, { signal }) =>
    singleChunk(client.run("find", { picture }, { signal, priority: PRIORITY.looking }));
}

/** Faces in a part of the picture, the most probable first, as parts of the whole picture. */
async function detect(session: NetworkSession, picture: Picture, box: Box): Promise<SeenFace[]> {
  const side = Math.max(box.width, box.height);
  const outputs = await session.run({
    "input:0": floats(letterbox(picture, box, side), [1, SIZE, SIZE, 3]),
  });
  const faces = LAYERS.flatMap((layer) =>
    facesOf(layer, floatData(outputs[layer.scores]), floatData(outputs[layer.geometry])),
  );
  return blend(faces).map((face) => unletterbox(face, picture, box, side));
}

/** A part of the picture in the middle of a black square. */
function letterbox(picture: Picture, box: Box, side: number): Float32Array {
  const width = Math.max(1, Math.round((box.width * SIZE) / side));
  const height = Math.max(1, Math.round((box.height * SIZE) / side));
  const { rgb } = resize(picture, { width, height }, "bilinear", box);
  const left = Math.floor((SIZE - width) / 2);
  const top = Math.floor((SIZE - height) / 2);
  const square = new Float32Array(SIZE * SIZE * 3).fill(-1);
  for (let row = 0; row < height; row++) {
    const line = rgb.subarray(row * width * 3, (row + 1) * width * 3);
    square.set(
      Float32Array.from(line, (value) => value / 127.5 - 1),
      ((top + row) * SIZE + left) * 3,
    );
  }
  return square;
}

/** A box of the square, in whose middle a part of the picture lies, as a part of the picture. */
function unletterbox(
  { left, top, width, height, probability }: SeenFace,
  picture: Picture,
  box: Box,
  side: number,
): SeenFace {
  const across = side / picture.width;
  const down = side / picture.height;
  return {
    left: (left - 0.5) * across + (box.left + box.width / 2) / picture.width,
    top: (top - 0.5) * down + (box.top + box.height / 2) / picture.height,
    width: width * across,
    height: height * down,
    probability,
  };
}

/** A square around a face, as far as there is picture. */
function surroundings(face: SeenFace, { width, height }: Picture): Box {
  const side = Math.min(width, height, SURROUNDINGS * Math.max(face.width * width, face.height * height));
  const within = (center: number, length: number): number =>
    Math.min(length - side, Math.max(0, center * length - side / 2));
  return {
    left: within(face.left + face.width / 2, width),
    top: within(face.top + face.height / 2, height),
    width: side,
    height: side,
  };
}

function facesOf(
  { cells, boxes }: (typeof LAYERS)[number],
  scores: Float32Array,
  geometry: Float32Array,
): SeenFace[] {
  const faces: SeenFace[] = [];
  for (const [index, score] of scores.entries()) {
    const probability = 1 / (1 + Math.exp(-score));
    if (probability < DOUBTFUL) continue;
    const cell = Math.floor(index / boxes);
    const box = geometry.subarray(index * NUMBERS_PER_BOX, index * NUMBERS_PER_BOX + 4);
    const [x = 0, y = 0, width = 0, height = 0] = Array.from(box, (value) => value / SIZE);
    const centerX = ((cell % cells) + 0.5) / cells + x;
    const centerY = (Math.floor(cell / cells) + 0.5) / cells + y;
    faces.push({ left: centerX - width / 2, top: centerY - height / 2, width, height, probability });
  }
  return faces;
}

/** Boxes that overlap are one face: their mean by probability, as in the paper, not the best one alone. */
function blend(faces: readonly SeenFace[]): SeenFace[] {
  const left = faces.toSorted((a, b) => b.probability - a.probability);
  const blended: SeenFace[] = [];
  for (let best = left.shift(); best !== undefined; best = left.shift()) {
    const anchor = best;
    const same = [anchor, ...left.filter((face) => overlap(face, anchor) >= SAME_FACE_OVERLAP)];
    for (const face of same.slice(1)) left.splice(left.indexOf(face), 1);
    const total = same.reduce((sum, { probability }) => sum + probability, 0);
    const mean = (part: "left" | "top" | "width" | "height"): number =>
      same.reduce((sum, face) => sum + face[part] * face.probability, 0) / total;
    const { probability } = anchor;
    blended.push({
      left: mean("left"),
      top: mean("top"),
      width: mean("width"),
      height: mean("height"),
      probability,
    });
  }
  return blended;
}

function overlapsAny(face: SeenFace, others: readonly SeenFace[]): boolean {
  return others.some((other) => overlap(face, other) >= SAME_FACE_OVERLAP);
}

/** Intersection over union. */
function overlap(a: SeenFace, b: SeenFace): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  const shared = Math.max(0, width) * Math.max(0, height);
  return shared / (a.width * a.height + b.width * b.height - shared);
}
