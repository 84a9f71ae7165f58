import { readFileSync } from "node:fs";

import { Downloader } from "../../models/packs/download.ts";
import { readPackEnvironment } from "../../models/packs/environment.ts";
import { fetchFile } from "../../models/packs/fetch-file.ts";
import type { PackFile } from "../../models/packs/manifest.ts";
import { PackageStore } from "../../models/packs/package-store.ts";

/** A process of its own that fetches the file described on standard input and says on standard output what it does. */
const file = JSON.parse(readFileSync(0, "utf8")) as PackFile;
const environment = readPackEnvironment();
const { signal } = new AbortController();
await fetchFile(file, {
  environment,
  signal,
  downloader: new Downloader(),
  packages: new PackageStore(environment.home, signal),
  freeBytes: () => Promise.resolve(Number.MAX_SAFE_INTEGER),
  onProgress: (event) => {
    process.stdout.write(`${event.type}\n`);
  },
});
