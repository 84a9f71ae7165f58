import type { Readiness } from "./readiness.ts";

const STATUS_WORDS = {
  loading: "loading its models",
  ready: "ready",
  impaired: "missing a part that is being started again or has failed",
} as const;

/** What a browser shows at `/`. */
export function page(status: Readiness["body"]["status"], url: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Antiphon</title>
<style>body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }</style>
<h1>Antiphon</h1>
<p>A voice assistant on weights of its own runs here and is <strong>${STATUS_WORDS[status]}</strong>.</p>
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
