/** What happens while a pack is brought into the cache, for whoever shows it. `file` is the name in the lock file. */
export type PackProgress =
  | {
      readonly type: "pack-start";
      readonly pack: string;
      readonly missingFiles: number;
      readonly missingBytes: number;
    }
  | { readonly type: "file-start"; readonly file: string; readonly totalBytes: number }
  /** Another process holds the file; we wait for it. Said once per file. */
  | { readonly type: "file-wait"; readonly file: string }
  | { readonly type: "source-start"; readonly file: string; readonly source: string }
  | {
      readonly type: "source-failure";
      readonly file: string;
      readonly source: string;
      readonly reason: string;
    }
  /** The package that holds the file is being fetched; how long it is, only the lock file may know. */
  | {
      readonly type: "package-bytes";
      readonly file: string;
      readonly receivedBytes: number;
      readonly totalBytes?: number;
    }
  | {
      readonly type: "bytes";
      readonly file: string;
      readonly receivedBytes: number;
      readonly totalBytes: number;
    }
  | { readonly type: "verify-start"; readonly file: string }
  | { readonly type: "file-ready"; readonly file: string; readonly path: string };

/** Called often and synchronously: must return quickly and not throw. */
export type ProgressListener = (event: PackProgress) => void;
