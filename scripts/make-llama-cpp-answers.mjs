/**
 * Makes the answers in test/fixtures/llm/qwen2.5-coder-llama-cpp.json anew: what llama.cpp says to the questions there.
 *
 *     npm install --prefix FOLDER --ignore-scripts --omit=optional node-llama-cpp@3.22.0 @node-llama-cpp/linux-x64@3.22.0
 *     node scripts/make-llama-cpp-answers.mjs FOLDER qwen2.5-coder-1.5b-instruct-q4_k_m.gguf
 *
 * node-llama-cpp with its prebuilt binary for CPUs (here of Linux on x64). Each question is answered greedily from an empty
 * context, up to TOKENS, in the form of the file's own chat template for one system and one user message. The fixture is
 * committed: run this again only to change it. Questions, facts and system prompt are edited there by hand.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const TOKENS = 48;

const [folder, modelPath] = process.argv.slice(2);
if (folder === undefined || modelPath === undefined) {
  throw new Error("usage: node scripts/make-llama-cpp-answers.mjs FOLDER_OF_NODE_LLAMA_CPP MODEL.gguf");
}
const fixture = fileURLToPath(new URL("../test/fixtures/llm/qwen2.5-coder-llama-cpp.json", import.meta.url));
const { note, version, system, answers } = JSON.parse(readFileSync(fixture, "utf8"));

const entry = join(resolve(folder), "node_modules", "node-llama-cpp", "dist", "index.js");
const { getLlama } = await import(pathToFileURL(entry).href);
const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, progressLogs: false });
const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
const context = await model.createContext({ contextSize: 512, threads: 2 });
const sequence = context.getSequence();

async function answer(question) {
  const turns = [
    ["system", system],
    ["user", question],
  ].map(([role, content]) => `<|im_start|>${role}\n${content}<|im_end|>\n`);
  const prompt = model.tokenize(`${turns.join("")}<|im_start|>assistant\n`, true);
  await sequence.clearHistory();
  const tokens = [];
  for await (const token of sequence.evaluate(prompt, { temperature: 0 })) {
    if (model.isEogToken(token) || tokens.push(token) >= TOKENS) break;
  }
  return model.detokenize(tokens);
}

let changed = 0;
const rows = [];
for (const { question, fact, answer: before } of answers) {
  const row = { question, fact, answer: await answer(question) };
  if (row.answer !== before) {
    changed += 1;
    console.log(`${question}\n  was: ${before}\n  is:  ${row.answer}`);
  }
  rows.push(JSON.stringify(row));
}
await llama.dispose();
const head = Object.entries({ note, version, system }).map(
  ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)},\n`,
);
writeFileSync(fixture, `{\n${head.join("")}"answers": [\n${rows.join(",\n")}\n]\n}\n`);
console.log(`${changed} of ${rows.length} answers changed`);
