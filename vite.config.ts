import { defineConfig } from "vite";

/** Builds the page in `web` into `dist/web`, from where the server serves it. */
export default defineConfig({
  root: "web",
  publicDir: false,
  logLevel: "warn",
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the content security policy allows no data: addresses of scripts
    // The page takes a few functions of folders that are made for servers; the rest must not come along, nor the packages
    // that it needs, some of which are not there everywhere.
    rolldownOptions: {
      treeshake: { moduleSideEffects: (id) => /\/web\/(page|worklets)\//u.test(id) },
      external: (id) => /^[@a-z]/u.test(id) && !/^(preact|zod)(\/|$)/u.test(id),
    },
  },
  worker: { format: "es" },
});
