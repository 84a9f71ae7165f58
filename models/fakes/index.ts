/** Scripted twins of every contract between conversation and models: no weights, no waiting, the same calls. */
export * from "./fake-hearing.ts";
export * from "./fake-language-model.ts";
export * from "./fake-sight.ts";
export * from "./fake-synthesizer.ts";
export * from "./tone.ts";
