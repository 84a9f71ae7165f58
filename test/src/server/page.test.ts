import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import fastify from "fastify";
import { expect, test } from "vitest";

import { servePage } from "../../../src/server/page.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const facts = { status: () => "ready" as const, url: () => "ws://here/v1/conversation" };

test("the built page may load nothing from elsewhere, and its hashed parts may be kept for ever", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), "<title>Page</title>");
  await writeFile(join(folder, "assets", "main-1a2b.js"), "go()");
  const app = fastify();
  servePage(app, { ...facts, folder });
  const index = await app.inject("/");
  expect(index.body).toContain("Page");
  expect(index.headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
  expect(index.headers["content-security-policy"]).not.toContain("unsafe");
  expect(index.headers["cache-control"]).toBe("no-cache");
  const script = await app.inject("/assets/main-1a2b.js");
  expect(script.body).toBe("go()");
  expect(script.headers["content-type"]).toContain("text/javascript");
  expect(script.headers["cache-control"]).toContain("immutable");
  expect((await app.inject("/assets/../index.html")).statusCode).toBe(404);
  expect((await app.inject("/assets/other.js")).statusCode).toBe(404);
});

test("without a built page the server says where it is and how to build one", async () => {
  const app = fastify();
  servePage(app, { ...facts, folder: join(await temporaryFolder(), "nothing") });
  const { body, statusCode } = await app.inject("/");
  expect(statusCode).toBe(200);
  expect(body).toContain("ws://here/v1/conversation");
  expect(body).toContain("npm start");
});
