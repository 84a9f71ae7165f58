import { createFaceFinder } from "../models/faces/blaze-face.ts";
import { createTextReader } from "../models/ocr/engine.ts";
import { compiledFolder, ensurePack, loadPack, type PackPaths, taughtFile } from "../models/packs/index.ts";
import { createPictureDecoder } from "../models/pictures/engine.ts";
import { PRIORITY } from "../models/runtime/engine.ts";
import { singleChunk } from "../models/runtime/single-chunk.ts";
import { WorkerHost } from "../models/runtime/worker-host.ts";
import type { WorkerFigures, WorkerHostOptions } from "../models/runtime/worker-host.ts";
import { createSight } from "../models/vit/engine.ts";
import { findThing, knownThings, type KnownThings } from "../models/vit/find-things.ts";
import type { PictureDecoder, PictureTally, Sight, TextReader } from "../streaming/index.ts";
import type { OpenModelsOptions } from "./compose.ts";
import type { Config } from "./config.ts";
import { LANGUAGE_MODEL_ROLES, languageModelFiles, remoteServer } from "./model-files.ts";
import { projectFile } from "./project.ts";

/** What sees, how its worker fares, and how to let go of it. */
export interface Seeing {
  readonly decoder: PictureDecoder;
  /** What is in view, people included. */
  readonly sight: Sight;
  readonly reader: TextReader;
  /** Of the pictures of all conversations. */
  readonly tally?: PictureTally;
  /** Loads what is not loaded yet. Rejects where that fails. */
  ready(): Promise<void>;
  workers(): readonly WorkerFigures[];
  close(): Promise<void>;
}

/**
 * The same, but fetched now and loaded when the first picture comes: most conversations have no camera, and none is to
 * wait for one. Where loading fails, each picture says so.
 */
export async function deferSeeing(config: Config, options: OpenSeeingOptions): Promise<Seeing> {
  await ensurePack(config.pack, { ...options, roles: rolesFor(config) });
  let opening: Promise<Seeing> | undefined;
  let opened: Seeing | undefined;
  const seeing = async (): Promise<Seeing> => {
    opening ??= openSeeing(config, options);
    opened = await opening;
    return opened;
  };
  return {
    decoder: { decode: async (bytes, call) => await (await seeing()).decoder.decode(bytes, call) },
    sight: {
      look: async (request, call) => await (await seeing()).sight.look(request, call),
      find: (question, sighting) => opened?.sight.find?.(question, sighting),
    },
    reader: { read: async (request, call) => await (await seeing()).reader.read(request, call) },
    tally: { decoded: 0, seen: 0, undecoded: 0, unseen: 0 },
    ready: async () => {
      await seeing();
    },
    workers: () => opened?.workers() ?? [],
    close: async () => {
      await opening?.then(
        (loaded) => loaded.close(),
        () => undefined,
      );
    },
  };
}

const ROLES = [
  ...LANGUAGE_MODEL_ROLES,
  "face-detection",
  "text-detection",
  "text-recognition",
  "text-alphabet",
] as const;
const WEIGHTS = "models/vit/weights";
/** Trained for the language models of these packs; what is seen is told to others by its names alone. */
const PROJECTORS: Readonly<Record<string, string>> = {};

export interface OpenSeeingOptions extends OpenModelsOptions {
  /** Tells the language model what is seen by its names alone, as if no projector were trained for it. */
  readonly untrained?: boolean;
}

/** The file of the projector that is trained for the language model, where one is. */
export function trainedProjector({ llm, pack }: Config): string | undefined {
  return remoteServer(llm) === undefined ? PROJECTORS[pack] : undefined;
}

/** A language model on a server looks for itself. */
function rolesFor({ llm }: Config): readonly (typeof ROLES)[number][] {
  return ROLES.filter((role) => remoteServer(llm) === undefined || !role.startsWith("language-model"));
}

/**
 * Whether the pack's language model sees with its own eyes, which can look at a picture in tiles, too. One that sees brings
 * no template of its own: how it is shown pictures is known here.
 */
export function seesItself({ llm, pack }: Config): boolean {
  const roles = new Set(loadPack(pack).files.map(({ role }) => role));
  const hasFiles = roles.has("language-model-config") && roles.has("language-model-tokenizer");
  return hasFiles && !roles.has("language-model-tokenizer-config") && remoteServer(llm) === undefined;
}

/** Our encoder, with the names of what it sees as the language model's words; or a vision language model's own. */
function eyesFor(config: Config, paths: PackPaths, untrained = false): WorkerHostOptions["engines"] {
  const isRemote = remoteServer(config.llm) !== undefined;
  const { executionProviders } = config.runtime;
  const shared = { threads: 1, executionProviders, cacheDirectory: compiledFolder() };
  const languageModel = languageModelFiles(paths);
  const { modelPath, configPath, tokenizerPath } = languageModel;
  if (configPath !== undefined && tokenizerPath !== undefined && seesItself(config)) {
    const files = { modelPath, configPath, tokenizerPath };
    return { "smolvlm-sight": { ...shared, ...files, precision: "float32" } };
  }
  const projector = untrained ? undefined : trainedProjector(config);
  return {
    sight: {
      ...shared,
      weightsPath: projectFile(`${WEIGHTS}/hybrid-vit.safetensors`),
      namesPath: projectFile(`${WEIGHTS}/imagenet-names.json`),
      taughtPath: taughtFile(),
      ...(!isRemote && { languageModel }),
      ...(projector !== undefined && { projectorPath: projectFile(`${WEIGHTS}/${projector}`) }),
    },
  };
}

/** All that our encoder knows by a name, what it was taught included. */
async function openNames(host: WorkerHost, { signal }: OpenModelsOptions): Promise<KnownThings> {
  const client = host.client("sight");
  try {
    return knownThings(
      await singleChunk(client.run("classes", undefined, { signal, priority: PRIORITY.looking })),
    );
  } catch (error) {
    await host[Symbol.asyncDispose]();
    throw error;
  }
}

/** Loads the networks that see, on a worker thread of their own, so that no frame ever keeps a voice waiting. */
async function openSeeing(config: Config, options: OpenSeeingOptions): Promise<Seeing> {
  const paths = await ensurePack(config.pack, { ...options, roles: rolesFor(config) });
  const shared = { threads: 1, executionProviders: config.runtime.executionProviders };
  const eyes = eyesFor(config, paths, options.untrained);
  const host = await WorkerHost.open({
    name: "seeing",
    signal: options.signal,
    engines: {
      pictures: undefined,
      ...eyes,
      faces: { ...shared, modelPath: paths["face-detection"] },
      reading: {
        ...shared,
        detectionPath: paths["text-detection"],
        recognitionPath: paths["text-recognition"],
        alphabetPath: paths["text-alphabet"],
      },
    },
  });
  const things = createSight(host.client("sight" in eyes ? "sight" : "smolvlm-sight"));
  // What is shown pictures itself is not told what our encoder misses.
  const isOurs = "sight" in eyes && remoteServer(config.llm) === undefined;
  const known = isOurs ? await openNames(host, options) : knownThings([]);
  const findFaces = createFaceFinder(host.client("faces"));
  return {
    decoder: createPictureDecoder(host.client("pictures")),
    reader: createTextReader(host.client("reading")),
    ready: () => Promise.resolve(),
    sight: {
      look: async (request, call) => {
        const [sighting, faces] = await Promise.all([
          things.look(request, call),
          findFaces(request.picture, call),
        ]);
        return { ...sighting, faces, ...(!isOurs && { isShownItself: true }) };
      },
      find: (question, { evidence = [] }) => findThing(question, evidence, known),
    },
    workers: () => [host.figures()],
    close: async () => {
      await host[Symbol.asyncDispose]();
    },
  };
}
