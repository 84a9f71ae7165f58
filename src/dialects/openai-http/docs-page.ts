import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import type { FastifyInstance } from "fastify";

/** Nothing comes from anywhere else, nothing is made a program at run time, nobody frames the page. */
const HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Antiphon: HTTP API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="description"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
`;

const START = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#description", validatorUrl: null, deepLinking: true });
`;

const TYPES = { css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8" } as const;

/** `GET /openapi.json` and `/docs`, which shows it (Swagger UI, from this server). */
export function addDocumentation(app: FastifyInstance, document: object): void {
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  const files = new Map<string, () => string | Buffer>([
    ["swagger-ui.css", () => readFileSync(join(folder, "swagger-ui.css"))],
    ["swagger-ui-bundle.js", () => readFileSync(join(folder, "swagger-ui-bundle.js"))],
    ["start.js", () => START],
  ]);
  app.get("/openapi.json", () => document);
  app.get("/docs", async (_request, reply) => {
    return await reply.headers(HEADERS).type("text/html; charset=utf-8").send(PAGE);
  });
  for (const [name, content] of files) {
    app.get(`/docs/${name}`, async (_request, reply) => {
      const type = name.endsWith(".css") ? TYPES.css : TYPES.js;
      return await reply.headers(HEADERS).header("cache-control", "max-age=3600").type(type).send(content());
    });
  }
}
