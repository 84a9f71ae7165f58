import { homedir } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";

import { AntiphonError } from "../../streaming/index.ts";

/** What the surroundings say about model files: where they are kept and where they may come from. */
export interface PackEnvironment {
  /** Cache folder of everything Antiphon keeps between runs, shared by all checkouts of this user. */
  readonly home: string;
  /** Folders that may already hold model files under their own names, in order of preference. */
  readonly modelDirectories: readonly string[];
  /** Base address of the Hugging Face Hub or of a mirror of it, without a slash at the end. */
  readonly hubEndpoint: string;
  /** Sent to the Hub only, never to an address that it redirects to. */
  readonly hubToken: string | undefined;
}

/**
 * Reads `ANTIPHON_HOME`, `XDG_CACHE_HOME`, `ANTIPHON_MODELS_DIR` (a list separated like `PATH`), `HF_ENDPOINT` and
 * `HF_TOKEN`. The one place where packs look at environment variables.
 *
 * @throws AntiphonError `config-invalid` when `HF_ENDPOINT` is not an http address.
 */
export function readPackEnvironment(variables: NodeJS.ProcessEnv = process.env): PackEnvironment {
  const endpoint = variables["HF_ENDPOINT"] ?? "";
  const directories = (variables["ANTIPHON_MODELS_DIR"] ?? "").split(delimiter).filter((path) => path !== "");
  return Object.freeze({
    home: cacheHome(variables),
    modelDirectories: Object.freeze(directories.map((path) => resolve(path))),
    hubEndpoint: endpoint === "" ? "https://huggingface.co" : checkedEndpoint(endpoint),
    hubToken: variables["HF_TOKEN"] === "" ? undefined : variables["HF_TOKEN"],
  });
}

/** Cache folder of the networks that were compiled for onnxruntime. */
export function compiledFolder({ home }: PackEnvironment = readPackEnvironment()): string {
  return join(home, "graphs");
}

/** What users have taught the eyes: stays where it is when packs change. */
export function taughtFile({ home }: PackEnvironment = readPackEnvironment()): string {
  return join(home, "taught", "things.safetensors");
}

function cacheHome(variables: NodeJS.ProcessEnv): string {
  const own = variables["ANTIPHON_HOME"] ?? "";
  if (own !== "") return resolve(own);
  const xdg = variables["XDG_CACHE_HOME"] ?? "";
  // The XDG base directory specification says that relative paths are to be ignored.
  return join(isAbsolute(xdg) ? xdg : join(homedir(), ".cache"), "antiphon");
}

function checkedEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw new AntiphonError(
      "config-invalid",
      `HF_ENDPOINT must be an http or https address, not "${endpoint}"`,
    );
  }
  return endpoint.replace(/\/+$/, "");
}
