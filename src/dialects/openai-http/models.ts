import type { FastifyInstance } from "fastify";
import { z } from "zod";

import { describeModels } from "../../model-files.ts";
import type { DialectHost } from "../dialect.ts";
import { ApiError } from "./errors.ts";

/** What the server calls its models. Requests may name any: there is one of each kind. */
export const MODEL_NAMES = { chat: "antiphon", transcription: "whisper-1", speech: "tts-1" } as const;

export const modelSchema = z.object({
  id: z.string(),
  object: z.literal("model"),
  created: z.int(),
  owned_by: z.string(),
});
export const modelListSchema = z.object({ object: z.literal("list"), data: z.array(modelSchema) });
export const voiceListSchema = z.object({
  object: z.literal("list"),
  voices: z.array(z.object({ id: z.string(), name: z.string() })),
});

/** `GET /models`, `/models/{id}` and `/audio/voices`. */
export function addModels(scope: FastifyInstance, { config }: DialectHost): void {
  const models = Object.values(MODEL_NAMES).map((id) => ({
    id,
    object: "model",
    created: 0,
    owned_by: config.pack,
  }));
  scope.get("/models", () => ({ object: "list", data: models }));
  scope.get<{ Params: { id: string } }>("/models/:id", ({ params: { id } }) => {
    const model = models.find((known) => known.id === id);
    if (model === undefined) throw new ApiError(404, "model_not_found", `there is no model ${id}`, "model");
    return model;
  });
  const { voice } = describeModels(config);
  scope.get("/audio/voices", () => ({ object: "list", voices: [{ id: "default", name: voice }] }));
}
