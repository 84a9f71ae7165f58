import { z } from "zod";

import { projectVersion } from "../../project.ts";
import { chatSchema } from "./chat-request.ts";
import { errorBodySchema } from "./errors.ts";
import { modelListSchema, modelSchema, voiceListSchema } from "./models.ts";
import { speechSchema } from "./speech.ts";
import { transcriptionSchema } from "./transcriptions.ts";

/** A JSON schema of what is sent. */
function schemaOf(schema: z.ZodType): object {
  const body = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  // The document says itself which dialect its schemas are in.
  return Object.fromEntries(Object.entries(body).filter(([key]) => key !== "$schema"));
}

const ERRORS: Readonly<Record<number, string>> = {
  400: "a field is wrong, or what was sent cannot be understood",
  401: "no valid key",
  403: "asked by a page that is not allowed to",
  408: "the request took too long to come",
  413: "too much was sent",
  415: "sent in another form than asked for",
  429: "too many requests at once",
  500: "a fault of the server",
  503: "the models are being loaded, or a part is down",
};

const RETRIES: readonly number[] = [429, 503];

function responses(ok: object, statuses: readonly number[]): object {
  const errors = statuses.map((status) => [
    status,
    {
      description: ERRORS[status] ?? "not found",
      content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      ...(RETRIES.includes(status) && {
        headers: { "Retry-After": { schema: { type: "integer" }, description: "seconds" } },
      }),
    },
  ]);
  return { "200": ok, ...(Object.fromEntries(errors) as object) };
}

const json = (schema: object): object => ({ "application/json": { schema } });
const bytes = { schema: { type: "string", format: "binary" } };
const events = {
  schema: {
    type: "object",
    description: "server-sent events, whose data is JSON, but for the last one's: [DONE]",
    properties: { data: { type: "string" } },
    required: ["data"],
  },
};
const words = { schema: { type: "string" } };
const anyObject = { type: "object" };

const READING = [401, 403];
const WORKING = [400, 401, 403, 408, 413, 415, 429, 500, 503];

function asked(operationId: string, summary: string, content: object, answer: object): object {
  return {
    operationId,
    summary,
    requestBody: { required: true, content },
    responses: responses({ description: "done", content: answer }, WORKING),
  };
}

function read(operationId: string, summary: string, schema: z.ZodType, extra: object = {}): object {
  const ok = { description: "what there is", content: json(schemaOf(schema)) };
  return { operationId, summary, responses: responses(ok, READING), ...extra };
}

const TRANSCRIPTION_ANSWER = {
  ...json(anyObject),
  "text/plain": words,
  "application/x-subrip": words,
  "text/vtt": words,
  "text/event-stream": events,
};

const SPEECH_ANSWER = {
  "audio/mpeg": bytes,
  "audio/ogg": bytes,
  "audio/flac": bytes,
  "audio/wav": bytes,
  "audio/pcm": bytes,
  "text/event-stream": events,
};

function transcriptionForm(): object {
  const { properties = {} } = schemaOf(transcriptionSchema) as { properties?: Record<string, unknown> };
  const { timestamp_granularities: granularities, ...fields } = properties;
  const file = { type: "string", format: "binary", description: "WAV, FLAC, MP3, Ogg Opus or Ogg Vorbis" };
  return {
    type: "object",
    properties: { file, ...fields, "timestamp_granularities[]": granularities },
    required: ["file"],
  };
}

/** The description of this API (OpenAPI 3.1), made of the schemas that requests are checked by. */
export function openApiDocument({ needsKey }: { readonly needsKey: boolean }): object {
  const id = { name: "id", in: "path", required: true, schema: { type: "string", minLength: 1 } };
  return {
    openapi: "3.1.0",
    info: {
      title: "Antiphon",
      version: projectVersion(),
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      description:
        "Speech to text, text to speech and chat on this machine, as OpenAI's clients ask for them.",
    },
    servers: [{ url: "/" }],
    paths: {
      "/v1/models": { get: read("listModels", "The models", modelListSchema) },
      "/v1/models/{id}": {
        get: {
          ...read("retrieveModel", "One model", modelSchema),
          parameters: [id],
          responses: responses({ description: "the model", content: json(schemaOf(modelSchema)) }, [
            ...READING,
            404,
          ]),
        },
      },
      "/v1/audio/voices": { get: read("listVoices", "The voices", voiceListSchema) },
      "/v1/audio/transcriptions": {
        post: asked(
          "transcribe",
          "What is said in a recording",
          { "multipart/form-data": { schema: transcriptionForm() } },
          TRANSCRIPTION_ANSWER,
        ),
      },
      "/v1/audio/speech": {
        post: asked("speak", "A text as sound", json(schemaOf(speechSchema)), SPEECH_ANSWER),
      },
      "/v1/chat/completions": {
        post: asked("chat", "An answer in words", json(schemaOf(chatSchema)), {
          ...json(anyObject),
          "text/event-stream": events,
        }),
      },
    },
    components: {
      schemas: { Error: schemaOf(errorBodySchema) },
      ...(needsKey && { securitySchemes: { key: { type: "http", scheme: "bearer" } } }),
    },
    ...(needsKey && { security: [{ key: [] }] }),
  };
}
