/**
 * Writes the types of `web/library` beside its built module, `dist/web-client`: its own and those that they name, which is
 * far less than the compiler would write by itself.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "dist", "web-client", "types");
const entry = join(root, "web", "library", "index.ts");

const { config } = ts.readConfigFile(join(root, "web", "tsconfig.json"), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(root, "web"));
const program = ts.createProgram([entry], {
  ...options,
  noEmit: false,
  declaration: true,
  emitDeclarationOnly: true,
  rootDir: root,
});

const written = new Set();
write(entry);

/** One module's types, and then those of the modules that they name. */
function write(path) {
  if (written.has(path)) return;
  written.add(path);
  let text;
  const keep = (_name, contents) => (text = contents);
  const { diagnostics } = program.emit(program.getSourceFile(path), keep, undefined, true);
  if (text === undefined || diagnostics.length > 0) throw new Error(`the types of ${path} cannot be written`);
  const target = join(folder, relative(root, path).replace(/\.ts$/u, ".d.ts"));
  mkdirSync(dirname(target), { recursive: true });
  // What is imported for what it does has no types; and who uses them may not allow imports of `.ts`.
  const name = /(from |import\()"(\.[^"]*)\.ts"/gu;
  const types = text.replaceAll(/^import "[^"]*";\n/gmu, "");
  writeFileSync(target, types.replaceAll(name, '$1"$2.js"'));
  for (const [, , module] of text.matchAll(name)) write(join(dirname(path), `${module}.ts`));
}
