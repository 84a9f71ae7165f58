/**
 * Makes a checkout ready to run: dependencies, compiled code, the page and, for tests, the library for other pages and the
 * small model pack. npm calls it before `start`, `test`, `antiphon` and `bench`. Does nothing, quickly, when all is in place; safe when several run at
 * once.
 * Plain JavaScript without dependencies, because it runs before any are there. Standard output belongs to the command
 * that follows, so everything here is said on standard error.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

const OLDEST_NODE = [20, 19];
const SOURCE_FOLDERS = ["audio", "vision", "streaming", "models", "src", "bench"];
const LOCK_REFRESH_MS = 2_000;
const LOCK_STALE_MS = 15_000;

const root = fileURLToPath(new URL("..", import.meta.url));
const paths = {
  lockFile: join(root, "package-lock.json"),
  modules: join(root, "node_modules"),
  npmRecord: join(root, "node_modules", ".package-lock.json"),
  installStamp: join(root, "node_modules", ".antiphon-install"),
  opus: join(root, "node_modules", "@discordjs", "opus", "prebuild"),
  compiler: join(root, "node_modules", "typescript", "bin", "tsc"),
  dist: join(root, "dist"),
  buildStamp: join(root, "dist", ".antiphon-build"),
  bundler: join(root, "node_modules", "vite", "bin", "vite.js"),
  pageStamp: join(root, "dist", ".antiphon-page"),
  libraryTypes: join(root, "scripts", "web-client-types.mjs"),
  libraryStamp: join(root, "dist", ".antiphon-web-client"),
  lock: join(root, ".antiphon", "setup.lock"),
};

try {
  requireNode();
  const purpose = readPurpose();
  // Whoever wants the library for a page of their own has it built: see docs/web-client.md.
  const isWhole = () => isBuilt() && isPageBuilt() && (purpose !== "test" || isLibraryBuilt());
  if (!isInstalled() || !isWhole()) await alone(() => installAndBuild(purpose));
  // `serve` and the commands fetch the pack that they are told to use; tests always use the small one.
  if (purpose === "test") await fetchPack("lite");
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [needsMajor, needsMinor] = OLDEST_NODE;
  if (major > needsMajor || (major === needsMajor && minor >= needsMinor)) return;
  const needed = OLDEST_NODE.join(".");
  throw new Error(
    `Antiphon needs Node ${needed} or newer and this is ${process.versions.node}; install a newer Node`,
  );
}

function readPurpose() {
  const purposes = ["start", "test", "cli", "bench"];
  const [flag, purpose] = process.argv.slice(2);
  if (flag === "--for" && purposes.includes(purpose)) return purpose;
  throw new Error(`usage: node scripts/setup.mjs --for ${purposes.join("|")}`);
}

async function installAndBuild(purpose) {
  if (!isInstalled()) await install();
  if (!isBuilt()) await build();
  if (!isPageBuilt()) await buildPage();
  if (purpose === "test" && !isLibraryBuilt()) await buildLibrary();
}

function isInstalled() {
  if (readOrEmpty(paths.installStamp) === installFingerprint()) return true;
  // Somebody ran npm by hand: its record is newer than the lock file. Take that over instead of installing again.
  if (existsSync(paths.installStamp) || modifiedMs(paths.npmRecord) < modifiedMs(paths.lockFile))
    return false;
  writeFileSync(paths.installStamp, installFingerprint());
  return true;
}

/** Native packages are built for one kind of machine and one native interface of Node. */
function installFingerprint() {
  const target = `${process.platform} ${process.arch} ${process.versions.modules}`;
  return `${createHash("sha256").update(readFileSync(paths.lockFile)).digest("hex")} ${target}`;
}

async function install() {
  say("installing dependencies (npm ci)");
  const npm = process.env.npm_execpath ?? "";
  const command = npm.endsWith("npm-cli.js") ? [process.execPath, npm] : ["npm"];
  // The compiler is a development dependency, so NODE_ENV=production must not drop those.
  const parameters = ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund"];
  const status = await run([...command, ...parameters], {
    ONNXRUNTIME_NODE_INSTALL: "skip",
    ...nodeHeaders(),
  });
  if (status !== 0)
    throw new Error(`npm ci failed (${status}); check the network and npm's registry setting`);
  writeFileSync(paths.installStamp, installFingerprint());
  if (listFiles(paths.opus, /\.node$/).length === 0) {
    say(
      "Opus sound is not available, PCM is: @discordjs/opus could not be compiled. To add it, install a C++ compiler,",
    );
    say(
      "make and python3 (Debian and Ubuntu: build-essential python3), delete node_modules and run this again.",
    );
  }
}

/**
 * node-gyp would download Node's headers from a server that closed networks do not reach; most installations of Node have
 * them on disk. npm 11 renamed the variable and complains about the old one.
 */
function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  if (!existsSync(join(prefix, "include", "node", "node_version.h"))) return {};
  const npmMajor = Number(/npm\/(\d+)/.exec(process.env.npm_config_user_agent ?? "")?.[1] ?? 0);
  return npmMajor >= 11 ? { npm_package_config_node_gyp_nodedir: prefix } : { npm_config_nodedir: prefix };
}

function isBuilt() {
  return readOrEmpty(paths.buildStamp) === sourceFingerprint();
}

function sourceFingerprint() {
  return fingerprintOf(SOURCE_FOLDERS, /\.(ts|json)$/, ["tsconfig.json", "tsconfig.build.json"]);
}

/** The page shares sources with the server. */
function pageFingerprint() {
  return fingerprintOf([...SOURCE_FOLDERS, "web"], /\.(tsx?|json|css|html|svg)$/, [
    "vite.config.ts",
    "scripts/web-client-types.mjs",
  ]);
}

/** Names, sizes and times of all that a build reads: a changed, new or deleted file changes it. */
function fingerprintOf(folders, pattern, settings) {
  const hash = createHash("sha256").update(readOrEmpty(paths.installStamp));
  const files = folders.flatMap((folder) => listFiles(join(root, folder), pattern)).sort();
  for (const path of [...files, ...settings.map((name) => join(root, name))]) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

function listFiles(folder, pattern) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

async function build() {
  say("compiling");
  const fingerprint = sourceFingerprint();
  // Without a stamp nobody knows what lies there, and the incremental compiler would trust its own record of it.
  if (!existsSync(paths.buildStamp)) rmSync(paths.dist, { recursive: true, force: true });
  const status = await run([process.execPath, paths.compiler, "-p", "tsconfig.build.json"]);
  if (status !== 0) throw new Error("the sources do not compile; see the messages above");
  writeFileSync(paths.buildStamp, fingerprint);
}

function isPageBuilt() {
  return readOrEmpty(paths.pageStamp) === pageFingerprint();
}

async function buildPage() {
  say("building the page");
  const fingerprint = pageFingerprint();
  const status = await run([process.execPath, paths.bundler, "build"]);
  if (status !== 0) throw new Error("the page cannot be built; see the messages above");
  writeFileSync(paths.pageStamp, fingerprint);
}

function isLibraryBuilt() {
  return readOrEmpty(paths.libraryStamp) === pageFingerprint();
}

async function buildLibrary() {
  say("building the library for other pages");
  const fingerprint = pageFingerprint();
  for (const command of [[paths.bundler, "build", "--mode", "library"], [paths.libraryTypes]]) {
    const status = await run([process.execPath, ...command]);
    if (status !== 0) throw new Error("the library cannot be built; see the messages above");
  }
  writeFileSync(paths.libraryStamp, fingerprint);
}

async function fetchPack(name) {
  const { ensurePackVisibly } = await import(pathToFileURL(join(paths.dist, "src", "progress.js")).href);
  await ensurePackVisibly(name);
}

/** Runs `work` while no other set-up works on this checkout; one that died is noticed by its lock growing old. */
async function alone(work) {
  mkdirSync(dirname(paths.lock), { recursive: true });
  for (let attempt = 0; !tryLock(); attempt++) {
    if (attempt === 0) say("another set-up is at work on this checkout; waiting for it");
    await delay(200);
  }
  const release = () => rmSync(paths.lock, { recursive: true, force: true });
  const refresh = setInterval(() => utimesSync(paths.lock, new Date(), new Date()), LOCK_REFRESH_MS);
  process.once("exit", release);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  try {
    await work();
  } finally {
    clearInterval(refresh);
    process.off("exit", release);
    release();
  }
}

function tryLock() {
  try {
    mkdirSync(paths.lock);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  const modified = modifiedMs(paths.lock);
  if (modified > 0 && Date.now() - modified > LOCK_STALE_MS)
    rmSync(paths.lock, { recursive: true, force: true });
  return false;
}

/** Exit status of a program whose output goes to standard error. */
async function run([command, ...parameters], extraEnvironment = {}) {
  const env = { ...process.env, ...extraEnvironment };
  const child = spawn(command, parameters, { cwd: root, env, stdio: ["ignore", 2, 2] });
  // Whoever ends the set-up ends what it has started.
  const stop = () => child.kill();
  process.once("exit", stop);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status, signal) => resolve(status ?? signal));
    });
  } finally {
    process.off("exit", stop);
  }
}

function readOrEmpty(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** When a file was last changed, 0 when there is none. */
function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function say(line) {
  process.stderr.write(`antiphon: ${line}\n`);
}
