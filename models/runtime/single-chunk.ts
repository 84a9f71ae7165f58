import { AntiphonError } from "../../streaming/index.ts";

/** The chunk of a job that yields exactly one. Reads to the job's end, so that nothing is left open. */
export async function singleChunk<Chunk>(chunks: AsyncIterable<Chunk>): Promise<Chunk> {
  const seen: Chunk[] = [];
  for await (const chunk of chunks) seen.push(chunk);
  const [chunk, ...more] = seen;
  if (chunk === undefined || more.length > 0) {
    throw new AntiphonError("inference-failed", `a job yielded ${seen.length} results instead of one`);
  }
  return chunk;
}
