import { z } from "zod";

import { AntiphonError } from "../../streaming/index.ts";

const classNames = z
  .array(
    z.object({
      /** Id of the WordNet noun. */
      wnid: z.string(),
      /** All names, the usual one first. */
      names: z.array(z.string()).min(1).readonly(),
      /** The one that cannot be mistaken for another class. */
      clear: z.string(),
      /** What kind of thing it is, the nearest kind first: dog, animal. */
      kinds: z.array(z.string()).readonly(),
      /** How a language model is told of it; "a" and its clear name without. */
      phrase: z.string().optional(),
    }),
  )
  .readonly();

/** A class of the encoder, by its names. */
export type ClassName = z.infer<typeof classNames>[number];

/** Reads the names of all classes in index order. @throws AntiphonError `checkpoint-invalid` */
export function parseClassNames(json: string): readonly ClassName[] {
  try {
    return classNames.parse(JSON.parse(json));
  } catch (cause) {
    throw new AntiphonError(
      "checkpoint-invalid",
      `the names of the classes cannot be read: ${String(cause)}`,
      {
        cause,
      },
    );
  }
}
