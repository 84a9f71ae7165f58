import { randomUUID } from "node:crypto";

import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";

import { messageOf } from "../../../streaming/index.ts";
import { Recordings } from "../../recordings.ts";
import { isOriginAllowed } from "../../server/origins.ts";
import { isAuthorized } from "../authorization.ts";
import type { Dialect, DialectHost } from "../dialect.ts";
import { addChat } from "./chat.ts";
import { addDocumentation } from "./docs-page.ts";
import { ApiError, RETRY_AFTER_S, toApiError } from "./errors.ts";
import { addModels } from "./models.ts";
import { addMultipart } from "./multipart.ts";
import { openApiDocument } from "./openapi.ts";
import { addSpeech } from "./speech.ts";
import { addTranscriptions } from "./transcriptions.ts";

/** OpenAI's HTTP API below `/v1`: transcriptions, speech, chat, models, voices; its description and a page that shows it. */
export const openaiHttp: Dialect = (host) => {
  host.app.register(
    async (scope) => {
      const recordings = new Recordings();
      scope.addHook("onClose", () => recordings.close());
      await addManners(scope, host);
      addModels(scope, host);
      addSpeech(scope, host);
      addTranscriptions(scope, host, recordings);
      addChat(scope, host, recordings);
      for (const [url, method] of Object.entries(ROUTES)) refuseOtherMethods(scope, url, method);
    },
    { prefix: "/v1" },
  );
  addDocumentation(host.app, openApiDocument({ needsKey: host.config.apiKeys.length > 0 }));
};

const ROUTES = {
  "/models": "GET",
  "/models/:id": "GET",
  "/audio/voices": "GET",
  "/audio/speech": "POST",
  "/audio/transcriptions": "POST",
  "/chat/completions": "POST",
} as const;

function refuseOtherMethods(scope: FastifyInstance, url: string, method: "GET" | "POST"): void {
  const allowed = method === "GET" ? ["GET", "HEAD"] : [method];
  const others = scope.supportedMethods.filter((other) => ![...allowed, "OPTIONS"].includes(other));
  scope.route({
    method: others,
    url,
    // Nobody reads what was sent.
    onRequest: async (request, reply) => {
      await Promise.resolve();
      void reply.header("allow", allowed.join(", "));
      throw new ApiError(405, "method_not_allowed", `${request.method} is not possible here`);
    },
    handler: () => undefined,
  });
}

/** What all routes have in common: who may ask, how many at once, and how a refusal looks. */
async function addManners(scope: FastifyInstance, host: DialectHost): Promise<void> {
  const { config, logger } = host;
  await scope.register(cors, { origin: [...config.allowedOrigins], methods: ["GET", "POST"] });
  await addMultipart(scope, config.limits.maxUploadBytes);
  let working = 0;
  scope.addHook("onRequest", async (request, reply) => {
    void reply.header("x-request-id", randomUUID());
    if (!isOriginAllowed(request.headers, config))
      throw new ApiError(403, "origin_refused", "this origin may not ask");
    if (!isAuthorized(request.raw, config.apiKeys)) {
      void reply.header("www-authenticate", "Bearer");
      throw new ApiError(401, "invalid_api_key", "send a valid key: Authorization: Bearer KEY");
    }
    if (request.method !== "POST") return;
    if (working >= config.limits.maxRequests)
      throw new ApiError(429, "rate_limit_exceeded", "too many requests at once");
    working += 1;
    reply.raw.once("close", () => {
      working -= 1;
    });
    await Promise.resolve();
  });
  scope.setErrorHandler(async (cause, _request, reply) => {
    const error = toApiError(cause);
    if (error.status >= 500) {
      logger.error({ error: messageOf(cause) }, "HTTP request failed");
    }
    const retryAfterS = RETRY_AFTER_S[error.status];
    if (retryAfterS !== undefined) void reply.header("retry-after", retryAfterS);
    return await reply.code(error.status).type("application/json; charset=utf-8").send(error.body);
  });
  scope.setNotFoundHandler((request) => {
    throw new ApiError(
      404,
      "not_found",
      `there is nothing at ${request.method} ${request.url.split("?")[0] ?? ""}`,
    );
  });
}
