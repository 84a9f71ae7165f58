/** The direction src → models → streaming → {audio, vision}, and each native library in one file. */
const only = (name, packages, owner) => ({
  name,
  severity: "error",
  from: { path: "^(audio|vision|streaming|models|src|bench|test)/", pathNot: owner },
  to: { path: `(^|node_modules/)(${packages})(/|$)` },
});
const upward = (from, to) => ({
  name: `${from}-not-upward`,
  severity: "error",
  from: { path: `^${from}/` },
  to: { path: `^(${to})/` },
});

module.exports = {
  forbidden: [
    {
      // Cycles of types alone vanish when compiled.
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    upward("audio", "vision|streaming|models|src|bench|test"),
    upward("vision", "audio|streaming|models|src|bench|test"),
    upward("streaming", "models|src|bench|test"),
    upward("models", "src|bench|test"),
    upward("src", "bench|test"),
    upward("bench", "test"),
    {
      name: "core-without-io",
      severity: "error",
      from: { path: "^(audio|vision|streaming)/" },
      to: { path: "^(node:)?(fs|fs/promises|net|http|https|worker_threads|child_process)$" },
    },
    only("onnxruntime-in-one-file", "onnxruntime-node", "^models/runtime/session\\.ts$"),
    only("opus-in-one-file", "@discordjs/opus", "^audio/opus\\.ts$"),
    only("phonemizer-in-one-file", "phonemizer", "^models/vits/phonemes\\.ts$"),
    only("server-libraries-in-server", "fastify|ws|prom-client", "^(src/server/|src/client/|test/|bench/)"),
    {
      name: "folders-have-one-face",
      severity: "error",
      from: { path: "^([^/]+)/", pathNot: "^(test|bench)/" },
      to: {
        path: "^(audio|vision|streaming)/.+",
        pathNot: ["^$1/", "^(audio|vision|streaming)/index\\.ts$", "^audio/opus\\.ts$"],
      },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|coverage)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
