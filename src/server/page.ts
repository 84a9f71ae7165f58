import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

import type { FastifyInstance } from "fastify";

import { projectFile } from "../project.ts";
import type { Readiness } from "./readiness.ts";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Nothing comes from anywhere else, nothing is made a program at run time, nobody frames the page. */
const PAGE_HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "permissions-policy": "microphone=(self), camera=(self), display-capture=(self)",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const STATUS_WORDS = {
  loading: "loading its models",
  ready: "ready",
  impaired: "missing a part that is being started again or has failed",
} as const;

export interface PageOptions {
  /** Where the page was built to. */
  readonly folder?: string;
  readonly status: () => Readiness["body"]["status"];
  /** Where programs connect. */
  readonly url: () => string;
}

/** Serves the built page at `/`; where there is none, a few words about the server. */
export function servePage(app: FastifyInstance, options: PageOptions): void {
  const files = readBuiltFiles(options.folder ?? projectFile("dist/web"));
  const index = files.get("index.html");
  app.get("/", async (_request, reply) => {
    await reply
      .headers(PAGE_HEADERS)
      .header("cache-control", "no-cache")
      .type("text/html; charset=utf-8")
      .send(index ?? statusPage(options.status(), options.url()));
  });
  // A name that says what is inside may be kept for ever.
  for (const [name, bytes] of files) {
    if (!name.startsWith("assets/")) continue;
    app.get(`/${name}`, async (_request, reply) => {
      await reply
        .headers(PAGE_HEADERS)
        .header("cache-control", "public, max-age=31536000, immutable")
        .type(CONTENT_TYPES[extname(name)] ?? "application/octet-stream")
        .send(bytes);
    });
  }
}

/** What the build has written, by name; a handful of files, so they are kept. */
function readBuiltFiles(folder: string): Map<string, Buffer> {
  try {
    const assets = readdirSync(join(folder, "assets")).map((name) => `assets/${name}`);
    return new Map(["index.html", ...assets].map((name) => [name, readFileSync(join(folder, name))]));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return new Map();
  }
}

function statusPage(status: Readiness["body"]["status"], url: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Antiphon</title>
<h1>Antiphon</h1>
<p>A voice assistant on weights of its own runs here and is <strong>${STATUS_WORDS[status]}</strong>.</p>
<p>The page to talk to it has not been built: <code>npm start</code> does that.</p>
<p>Programs talk to it at <code>${url}</code>; <code>docs/protocol.md</code> in the repository says how.
On the command line: <code>npm run -s antiphon -- talk --help</code>.</p>
<ul>
<li><a href="/health">/health</a>: whether the process lives</li>
<li><a href="/ready">/ready</a>: whether the models are loaded and work</li>
<li><a href="/metrics">/metrics</a>: numbers for Prometheus</li>
</ul>
</html>
`;
}
