import { Command } from "commander";

import { AntiphonError } from "../../streaming/index.ts";
import { forgetTaught, listTaught, teach, type Taught } from "../teaching.ts";

interface TeachingOptions {
  readonly json?: boolean;
}

/** `antiphon models fit-projector|taught|forget`: things of one's own that the eyes are to know. */
export function teachingCommands(): readonly Command[] {
  return [
    withJson("fit-projector", "teach the eyes things of your own")
      .argument("<folder>", "pictures: of a thing in a folder with its name, or named after it")
      .action(async (folder: string, options: TeachingOptions) => {
        await interruptible(async (signal) => {
          report(options, await teach(folder, { signal }));
        });
      }),
    withJson("taught", "list what the eyes were taught").action(async (options: TeachingOptions) => {
      report(options, await listTaught());
    }),
    withJson("forget", "forget things that the eyes were taught")
      .argument("[labels...]")
      .option("--all", "everything, even what cannot be read any more")
      .action(async (labels: readonly string[], options: TeachingOptions & { readonly all?: boolean }) => {
        if (labels.length === 0 && options.all !== true)
          throw new AntiphonError("config-invalid", "say what to forget, or --all");
        report(options, await forgetTaught(options.all === true ? "all" : labels));
      }),
  ];
}

function withJson(name: string, description: string): Command {
  return new Command(name).description(description).option("--json", "print one JSON object per line");
}

/** What is taught now. */
function report({ json }: TeachingOptions, taught: readonly Taught[]): void {
  for (const thing of taught) print(json === true ? JSON.stringify(thing) : describe(thing));
  if (taught.length === 0 && json !== true) print("nothing is taught");
}

function describe({ label, pictures, recognized }: Taught): string {
  const doubt =
    recognized < pictures ? `, ${pictures - recognized} not recognised: too much like others` : "";
  return `${label}  (${pictures === 1 ? "1 picture" : `${pictures} pictures`}${doubt})`;
}

async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const onInterrupt = (): void => {
    stop.abort(new Error("interrupted; nothing was taught"));
  };
  process.once("SIGINT", onInterrupt);
  try {
    await work(stop.signal);
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
