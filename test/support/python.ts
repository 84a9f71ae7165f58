import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * The Python that has these packages (`wyoming==1.10.2`), in an environment of its own that is made once and kept among the
 * system's temporary files. Undefined where python3, its venv, pip or the package index is missing.
 */
export async function pythonWith(...packages: string[]): Promise<string | undefined> {
  const key = createHash("sha256").update(packages.toSorted().join(" ")).digest("hex").slice(0, 12);
  const home = join(tmpdir(), `antiphon-python-${key}`);
  const interpreter = join(home, "bin", "python");
  if (existsSync(interpreter)) return interpreter;
  const made = await mkdtemp(join(tmpdir(), "antiphon-python-new-"));
  try {
    await run("python3", ["-m", "venv", made]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages];
    await run(join(made, "bin", "python"), pip, { timeout: 300_000 });
    await rename(made, home);
    return interpreter;
  } catch {
    await rm(made, { recursive: true, force: true });
    // Another test may have been quicker.
    return existsSync(interpreter) ? interpreter : undefined;
  }
}

/** What a Python program prints, as JSON. Rejects with what it complains about. */
export async function runPython(
  interpreter: string,
  script: string,
  args: readonly string[],
): Promise<unknown> {
  const { stdout } = await run(interpreter, [script, ...args], { timeout: 100_000 });
  return JSON.parse(stdout) as unknown;
}
