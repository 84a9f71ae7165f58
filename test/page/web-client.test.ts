import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";

import ts from "typescript";
import { expect, test } from "vitest";

import { browserPath, openBrowser } from "../../bench/page/browser.ts";
import { systemClock } from "../../src/clock.ts";
import { projectFile } from "../../src/project.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { fakeModels } from "../support/fake-models.ts";
import { startServer } from "../support/voice-server.ts";

const CONTENT_TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };

/** What `python3 -m http.server` does in a clone, for the example and for what was built. */
async function serveClone(): Promise<Server> {
  const served = /^\/(examples\/[\w-]+\.html|dist\/web-client\/[\w-]+\.js)$/u;
  const server = createServer((request, response) => {
    const path = served.exec(new URL(request.url ?? "", "http://here").pathname)?.[1];
    if (path === undefined) response.writeHead(404).end();
    else
      void readFile(projectFile(path)).then((bytes) =>
        response.setHeader("content-type", CONTENT_TYPES[extname(path)] ?? "").end(bytes),
      );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

test.skipIf(browserPath === undefined)(
  "the built library holds a conversation from a page of another address (skipped where no Chromium is installed)",
  async () => {
    const pages = await serveClone();
    const origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    const models = fakeModels();
    const server = await startServer((options) => openVoiceSession(models, options, systemClock), {
      allowedOrigins: [origin],
    });
    const browser = await openBrowser([
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
    ]);
    try {
      const page = await browser.newPage();
      const failures: string[] = [];
      page.on("pageerror", (error) => failures.push(error.message));
      await page.goto(
        `${origin}/examples/web-client.html?server=${encodeURIComponent(server.pageUrl.slice(0, -1))}`,
      );
      await page.getByRole("button", { name: "Talk" }).click();
      for (const question of ["What is milk?", "What is bread?"]) {
        await page.getByLabel("Type").fill(question);
        await page.getByLabel("Type").press("Enter");
        // A question that comes before the answer to another one was heard is answered together with it.
        await page.getByText(new RegExp(`– You said .*${question.replace("?", "[?]")}$`, "u")).waitFor();
      }
      expect(await page.getByRole("status").innerText()).not.toBe("deaf");
      await page.getByRole("button", { name: "Talk" }).click();
      await page.getByRole("status").filter({ hasText: "off" }).waitFor();
      expect(failures).toEqual([]);
    } finally {
      await browser.close();
      await server.close();
      pages.close();
    }
  },
);

test("who imports the library by the package's name gets its types, and is told of mistakes", () => {
  const source = `
    import { type Status, statusOf, VoiceClient, worklets } from "antiphon/web-client";
    const client = new VoiceClient({ origin: "http://127.0.0.1:8787", worklets });
    client.subscribe(() => console.log(statusOf(client.state) satisfies Status, client.state.conversation.turns));
    client.sendText(1);
  `;
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    types: [],
    strict: true,
    noEmit: true,
  };
  const path = projectFile("of-a-user.ts");
  const host = ts.createCompilerHost(options);
  const onDisk = { read: host.getSourceFile.bind(host), exists: host.fileExists.bind(host) };
  host.fileExists = (name) => name === path || onDisk.exists(name);
  host.getSourceFile = (name, ...others) =>
    name === path ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022) : onDisk.read(name, ...others);
  const found = ts.getPreEmitDiagnostics(ts.createProgram([path], options, host));
  const ours = found.filter(({ file }) => file === undefined || !file.fileName.includes("node_modules"));
  expect(ours.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([
    "Argument of type 'number' is not assignable to parameter of type 'string'.",
  ]);
});
