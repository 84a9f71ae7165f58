import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyRequest } from "fastify";

import { ApiError } from "./errors.ts";

/** More fields than the API has, each longer than any of them needs. */
const MOST_FIELDS = 32;
const LONGEST_FIELD_BYTES = 16_384;

export interface Form {
  /** Each name once, without the `[]` of lists. */
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
  /** What was sent as `file`. */
  readonly file: Uint8Array<ArrayBuffer> | undefined;
}

/** Lets routes of this scope read forms with one file. */
export async function addMultipart(scope: FastifyInstance, maxFileBytes: number): Promise<void> {
  await scope.register(multipart, {
    limits: {
      files: 1,
      fileSize: maxFileBytes,
      fields: MOST_FIELDS,
      fieldSize: LONGEST_FIELD_BYTES,
      parts: MOST_FIELDS + 1,
      headerPairs: 32,
    },
  });
}

/** Reads a whole form. @throws ApiError or the plugin's errors where it is none, is too large or has a file elsewhere. */
export async function readForm(request: FastifyRequest): Promise<Form> {
  if (!request.isMultipart())
    throw new ApiError(415, "unsupported_media_type", "send a form: multipart/form-data");
  try {
    return await readParts(request);
  } catch (cause) {
    if (cause instanceof Error && "statusCode" in cause) throw cause;
    // Of what is cut off, or has no boundary, the parser says no more than that.
    throw new ApiError(400, "invalid_form", `the form cannot be read: ${String(cause)}`);
  }
}

async function readParts(request: FastifyRequest): Promise<Form> {
  const fields: Record<string, string | string[]> = {};
  let file: Uint8Array<ArrayBuffer> | undefined;
  for await (const part of request.parts()) {
    if (part.type === "file") {
      // Read in any case: a file that is left alone keeps the form from ending.
      const bytes = await part.toBuffer();
      if (part.fieldname === "file") file = Uint8Array.from(bytes);
    } else if (typeof part.value === "string") addField(fields, part.fieldname, part.value);
  }
  return { fields, file };
}

function addField(fields: Record<string, string | string[]>, name: string, value: string): void {
  const isList = name.endsWith("[]");
  const key = isList ? name.slice(0, -2) : name;
  const before = Object.hasOwn(fields, key) ? fields[key] : undefined;
  const all = before === undefined ? value : [before, value].flat();
  const stored = isList ? [all].flat() : all;
  Object.defineProperty(fields, key, { value: stored, enumerable: true, writable: true, configurable: true });
}
