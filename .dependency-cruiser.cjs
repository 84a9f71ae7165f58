/** The direction src → models → streaming → {audio, vision}, and each native library in one file. */
const only = (name, packages, owner) => ({
  name,
  severity: "error",
  from: { path: "^(audio|vision|streaming|models|src|bench|test|web)/", pathNot: owner },
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
    upward("src", "bench|test|web"),
    upward("web", "vision|models|bench|test"),
    {
      // A page takes from the server what both sides must agree on, and nothing else.
      name: "web-shares-the-protocol-only",
      severity: "error",
      from: { path: "^web/" },
      to: { path: "^(src|streaming)/", pathNot: "^src/server/(protocol|frames)\\.ts$" },
    },
    {
      name: "web-client-without-page",
      severity: "error",
      from: { path: "^web/(client|library|worklets)/" },
      to: { path: "^(web/page/|.*preact)" },
    },
    upward("bench", "test"),
    {
      name: "core-without-io",
      severity: "error",
      from: { path: "^(audio|vision|streaming)/" },
      to: { path: "^(node:)?(fs|fs/promises|net|http|https|worker_threads|child_process)$" },
    },
    only("onnxruntime-in-one-file", "onnxruntime-node", "^models/runtime/session\\.ts$"),
    only("opus-in-one-file", "@discordjs/opus", "^audio/opus\\.ts$"),
    only("sharp-in-one-file", "sharp", "^(models/pictures/decode\\.ts$|test/|bench/)"),
    only("libsamplerate-in-one-file", "@alexanderolsen/libsamplerate-js", "^audio/resample\\.ts$"),
    only(
      "sound-decoders-in-one-file",
      "@wasm-audio-decoders|mpg123-decoder|ogg-opus-decoder",
      "^(audio/decode\\.ts$|test/)",
    ),
    only("sound-encoders-in-one-file", "libflacjs|wasm-media-encoders", "^audio/encode\\.ts$"),
    only("phonemizer-in-one-file", "phonemizer", "^models/vits/phonemes\\.ts$"),
    only("mqtt-in-one-folder", "mqtt", "^(src/mqtt/|test/)"),
    only("multicast-dns-in-one-file", "@homebridge/ciao", "^src/dialects/wyoming/announcement\\.ts$"),
    only(
      "server-libraries-in-server",
      "fastify|ws|prom-client",
      "^(src/server/|src/client/|src/dialects/|test/|bench/)",
    ),
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
