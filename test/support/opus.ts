import { openOpusDecoder } from "../../audio/opus.ts";

/** Whether the optional Opus addon could be built here: `test.skipIf(!haveOpus)`, with the reason in the name. */
export const haveOpus = await openOpusDecoder(16_000).then(
  () => true,
  () => false,
);

if (!haveOpus) process.stderr.write("tests of Opus are skipped: @discordjs/opus is not installed\n");
