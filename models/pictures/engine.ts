import type { PictureDecoder } from "../../streaming/index.ts";
import type { Picture } from "../../vision/index.ts";
import { type Engine, type EngineClient, type Job, PRIORITY } from "../runtime/engine.ts";
import { singleChunk } from "../runtime/single-chunk.ts";
import { decodePicture } from "./decode.ts";

export type PictureContract = {
  decode: { readonly request: { readonly bytes: Uint8Array }; readonly chunk: Picture };
};

/** Decodes pictures on a worker thread: there it may take as long as it takes to load the library (0.1 s). */
export async function openPictureEngine(): Promise<Engine<PictureContract>> {
  await Promise.resolve();
  return {
    jobs: {
      async *decode({ bytes }): Job<Picture> {
        yield await decodePicture(bytes);
      },
    },
    close: () => Promise.resolve(),
  };
}

/** Decoding over a picture engine, wherever that runs. */
export function createPictureDecoder(client: EngineClient<PictureContract>): PictureDecoder {
  return {
    decode: (bytes, { signal }) =>
      singleChunk(client.run("decode", { bytes }, { signal, priority: PRIORITY.pictureDecoding })),
  };
}
