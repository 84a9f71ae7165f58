import { Command, CommanderError } from "commander";

import { toAntiphonError } from "../streaming/index.ts";
import { askCommand } from "./commands/ask.ts";
import type { CommandContext } from "./commands/context.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { lookCommand } from "./commands/look.ts";
import { modelsCommand } from "./commands/models.ts";
import { ReportedFailure } from "./commands/reported-failure.ts";
import { sayCommand } from "./commands/say.ts";
import { serveCommand } from "./commands/serve.ts";
import { talkCommand } from "./commands/talk.ts";
import { transcribeCommand } from "./commands/transcribe.ts";

/** Exit statuses: what was asked failed; it was asked wrongly; it was stopped by the user. */
export const EXIT = { done: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** Runs one command and returns the exit status. `args` are without the names of node and script. */
export async function runCli(args: readonly string[], context: CommandContext): Promise<number> {
  const program = new Command("antiphon").description(
    "A full-duplex voice assistant on weights in its own process",
  );
  const commands = [
    serveCommand,
    doctorCommand,
    transcribeCommand,
    sayCommand,
    askCommand,
    lookCommand,
    talkCommand,
    modelsCommand,
  ];
  for (const command of commands) program.addCommand(command(context));
  const json = args.includes("--json");
  prepare(program, context, json);
  try {
    await program.parseAsync([...args], { from: "user" });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return finishUsage(error, context, json);
    if (context.signal.aborted) return EXIT.interrupted;
    if (error instanceof ReportedFailure) return EXIT.failure;
    const { code, message } = toAntiphonError(error);
    if (json) context.print(JSON.stringify({ error: { code, message } }));
    else context.note(`error (${code}): ${message}`);
    return EXIT.failure;
  }
}

/** Nothing below may end the process or write past the context. */
function prepare(command: Command, context: CommandContext, json: boolean): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      context.print(text.trimEnd());
    },
    writeErr: (text) => {
      if (!json) context.note(text.trimEnd());
    },
  });
  for (const child of command.commands) prepare(child, context, json);
}

function finishUsage({ exitCode, message }: CommanderError, context: CommandContext, json: boolean): number {
  if (exitCode === 0) return EXIT.done;
  if (json) context.print(JSON.stringify({ error: { code: "usage", message } }));
  return EXIT.usage;
}
