import { defineConfig, type UserConfig } from "vite";

/**
 * The page takes a few functions of folders that are made for servers; the rest must not come along. What forbids zod to make code
 * at run time is nothing but a side effect.
 */
const OF_THE_BROWSER = /\/web\/(?:(?:page|library|worklets)\/|client\/no-eval\.ts$)/u;

const shared = {
  root: "web",
  publicDir: false,
  logLevel: "warn",
} satisfies UserConfig;

const build = {
  emptyOutDir: true,
  target: "es2022",
  modulePreload: { polyfill: false },
} satisfies UserConfig["build"];

const rolldownOptions = {
  treeshake: { moduleSideEffects: (id: string) => OF_THE_BROWSER.test(id) },
  // The packages that those folders need stay out, too; some of them are not there everywhere.
  external: (id: string) => /^[@a-z]/u.test(id) && !/^(preact|zod)(\/|$)/u.test(id),
};

/** Builds the page in `web` into `dist/web`, from where the server serves it. */
const page: UserConfig = {
  ...shared,
  build: {
    ...build,
    outDir: "../dist/web",
    assetsInlineLimit: 0, // the content security policy allows no data: addresses of scripts
    rolldownOptions,
  },
  worker: { format: "es" },
};

/** Builds what other pages use: `vite build --mode library` makes `dist/web-client`, one module and its two worklets. */
const library: UserConfig = {
  ...shared,
  build: {
    ...build,
    outDir: "../dist/web-client",
    lib: {
      formats: ["es"],
      entry: {
        index: "library/index.ts",
        capture: "worklets/capture.ts",
        playback: "worklets/playback.ts",
      },
    },
    rolldownOptions,
  },
};

export default defineConfig(({ mode }) => (mode === "library" ? library : page));
