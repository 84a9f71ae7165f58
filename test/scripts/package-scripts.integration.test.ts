import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { temporaryFolder } from "../support/temporary-folder.ts";

const packageFile = fileURLToPath(new URL("../../package.json", import.meta.url));

/** Stands in for the program: says that it is there, and that it was told to stop. */
const PROGRAM = `
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => {
    console.log("stopped by", signal);
    process.exit(0);
  });
  console.log("running", process.argv.slice(2).join(" "));
  setTimeout(() => process.exit(3), 20_000);
`;

test.each([
  ["start", "SIGTERM", "serve --warm --port 0"],
  ["antiphon", "SIGINT", "--port 0"],
] as const)(
  "a signal to the npm process of npm run %s reaches the program, which ends in order",
  async (script, signal, parameters) => {
    const { scripts } = JSON.parse(await readFile(packageFile, "utf8")) as {
      scripts: Record<string, string>;
    };
    const root = await temporaryFolder();
    for (const folder of ["dist/src", "scripts"]) await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, "package.json"), JSON.stringify({ type: "module", scripts }));
    await writeFile(join(root, "scripts", "setup.mjs"), "");
    await writeFile(join(root, "dist", "src", "main.js"), PROGRAM);
    const npm = spawn("npm", ["run", "-s", script, "--", "--port", "0"], { cwd: root });
    let output = "";
    npm.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.includes("running") && !output.includes("stopped")) npm.kill(signal);
    });
    // Closed once nobody holds the pipe any more, the program included.
    await new Promise((resolve) => npm.once("close", resolve));
    expect(output).toBe(`running ${parameters}\nstopped by ${signal}\n`);
  },
  30_000,
);
