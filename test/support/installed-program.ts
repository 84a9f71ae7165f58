import { createHash } from "node:crypto";
import { copyFile, cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { type FileRole, inspectPack, loadPack } from "../../models/packs/index.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const root = join(import.meta.dirname, "../..");

/**
 * The program as it is installed, but that these files are what the lock of `smolvlm-256m` names: a role that this pack
 * has keeps its name and sources, another is looked for in folders under its own name. @returns what node is to run.
 */
export async function installProgram(standIns: Readonly<Partial<Record<FileRole, string>>>): Promise<string> {
  const folder = await temporaryFolder();
  await cp(join(root, "dist"), join(folder, "dist"), { recursive: true });
  await copyFile(join(root, "package.json"), join(folder, "package.json"));
  for (const name of ["node_modules", "models"]) await symlink(join(root, name), join(folder, name));
  const locked = loadPack("smolvlm-256m").files;
  const files = [];
  for (const [role, path] of Object.entries(standIns)) {
    const bytes = await readFile(path);
    const contents = { size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
    const own = { role, name: basename(path), license: "MIT", sources: [{ type: "directory" }] };
    files.push({ ...(locked.find((file) => file.role === role) ?? own), ...contents });
  }
  const lock = { name: "smolvlm-256m", summary: "tiny", extends: "lite", files };
  await writeFile(join(folder, "dist/models/packs/smolvlm-256m.json"), JSON.stringify(lock));
  return join(folder, "dist/src/main.js");
}

/** A cache that has all of the lite pack and nothing else. */
export async function makeLiteHome(): Promise<string> {
  const home = await temporaryFolder();
  await mkdir(join(home, "files"));
  for (const { path } of await inspectPack("lite")) {
    await symlink(path, join(home, "files", basename(path)));
    await copyFile(`${path}.verified`, join(home, "files", `${basename(path)}.verified`));
  }
  return home;
}
