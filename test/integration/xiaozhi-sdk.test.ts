import { join } from "node:path";

import { afterEach, expect, test } from "vitest";

import { haveOpus } from "../support/opus.ts";
import { pythonWith, runPython } from "../support/python.ts";
import { BoardServer } from "../support/xiaozhi-server.ts";

const python = haveOpus ? await pythonWith("xiaozhi-sdk==0.5.1") : undefined;
if (python === undefined)
  process.stderr.write("tests with xiaozhi-sdk are skipped: it cannot be installed here\n");

let server: BoardServer | undefined;
afterEach(async () => {
  await server?.close();
});

const CALLS: Readonly<Record<string, { readonly name: string; readonly arguments: string }>> = {
  "Set the volume to thirty.": { name: "self_audio_speaker_set_volume", arguments: '{"volume":30}' },
  "What is in front of you?": { name: "self_camera_take_photo", arguments: '{"question":"What is it?"}' },
};

test.skipIf(python === undefined)(
  "an independent client gets its token, talks, has its tools called, sends a photo and interrupts (skipped without pip)",
  async () => {
    server = await BoardServer.start();
    server.models.languageModel.answer = (words) => {
      const call = CALLS[words];
      if (call !== undefined) return { calls: [call] };
      if (words.includes("Count")) return "One two three four five six seven eight nine ten eleven twelve.";
      return words.includes("France") ? "The capital of France is Paris." : "Done.";
    };
    const script = join(import.meta.dirname, "../support/xiaozhi-client.py");
    const told = (await runPython(python!, script, [`${server.origin}/xiaozhi/ota`])) as Record<
      string,
      unknown
    >;
    expect(told).toMatchObject({
      connected: true,
      stt: [
        "What is the capital of France?",
        "Set the volume to thirty.",
        "What is in front of you?",
        "Count, please.",
      ],
      volumes: [30],
      photos: [{ success: true, action: "RESPONSE" }],
    });
    const sentences = (told["sentences"] as string[]).filter((sentence) => sentence !== "One moment.");
    expect(sentences.slice(0, 3)).toEqual(["The capital of France is Paris.", "Done.", "Done."]);
    expect(told["soundMs"]).toBeGreaterThanOrEqual(1200);
    expect(told["loudest"]).toBeGreaterThan(3000);
  },
);
