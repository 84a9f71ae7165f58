import { Command } from "commander";

import { AntiphonError } from "../../streaming/index.ts";
import { forgetTaught, listTaught, teach, type Taught } from "../teaching.ts";
import { type CommandContext, printResult } from "./context.ts";

interface TeachingOptions {
  readonly json?: boolean;
}

/** `antiphon models fit-projector|taught|forget`: things of one's own that the eyes are to know. */
export function teachingCommands(context: CommandContext): readonly Command[] {
  return [
    withJson("fit-projector", "teach the eyes things of your own")
      .argument("<folder>", "pictures: of a thing in a folder with its name, or named after it")
      .action(async (folder: string, options: TeachingOptions) => {
        report(context, options, await teach(folder, context));
      }),
    withJson("taught", "list what the eyes were taught").action(async (options: TeachingOptions) => {
      report(context, options, await listTaught());
    }),
    withJson("forget", "forget things that the eyes were taught")
      .argument("[labels...]")
      .option("--all", "everything, even what cannot be read any more")
      .action(async (labels: readonly string[], options: TeachingOptions & { readonly all?: boolean }) => {
        if (labels.length === 0 && options.all !== true)
          throw new AntiphonError("config-invalid", "say what to forget, or --all");
        report(context, options, await forgetTaught(options.all === true ? "all" : labels));
      }),
  ];
}

function withJson(name: string, description: string): Command {
  return new Command(name).description(description).option("--json", "print one JSON object per line");
}

/** What is taught now. */
function report(context: CommandContext, options: TeachingOptions, taught: readonly Taught[]): void {
  for (const thing of taught) printResult(context, options, thing, [describe(thing)]);
  if (taught.length === 0 && options.json !== true) context.print("nothing is taught");
}

function describe({ label, pictures, recognized }: Taught): string {
  const doubt =
    recognized < pictures ? `, ${pictures - recognized} not recognised: too much like others` : "";
  return `${label}  (${pictures === 1 ? "1 picture" : `${pictures} pictures`}${doubt})`;
}
