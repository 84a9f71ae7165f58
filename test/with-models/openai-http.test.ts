import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Engine } from "../../models/runtime/engine.ts";
import { openVitsEngine, type VitsContract } from "../../models/vits/engine.ts";
import { createSpeechSynthesizer } from "../../models/vits/synthesizer.ts";
import { parseVoiceConfig } from "../../models/vits/voice-config.ts";
import {
  createSpeechRecognizer,
  openWhisperEngine,
  type WhisperContract,
} from "../../models/whisper/index.ts";
import { likeness, SAYS_THE_SAME } from "../support/alike.ts";
import { directClient } from "../support/direct-client.ts";
import { haveModels, modelPath } from "../support/models.ts";
import { startOpenAiServer } from "../support/openai-http-server.ts";

describe.skipIf(!haveModels())(
  "the HTTP API on real networks (skipped where the lite pack is missing)",
  () => {
    let voice: Engine<VitsContract>;
    let ears: Engine<WhisperContract>;
    let started: Awaited<ReturnType<typeof startOpenAiServer>>;
    let client: OpenAI;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "antiphon-http-"));
      const configPath = modelPath("voice-config");
      voice = await openVitsEngine({ modelPath: modelPath("voice"), configPath, threads: 2 });
      ears = await openWhisperEngine({
        weightsPath: modelPath("speech-recognition"),
        tokenizerPath: modelPath("speech-recognition-tokenizer"),
        configPath: modelPath("speech-recognition-config"),
        cacheDirectory: folder,
        threads: 2,
      });
      const { sampleRate } = parseVoiceConfig(readFileSync(configPath, "utf8"));
      const models = {
        recognizer: createSpeechRecognizer(directClient(ears)),
        synthesizer: createSpeechSynthesizer(directClient(voice), sampleRate),
      };
      started = await startOpenAiServer({}, { models });
      client = new OpenAI({ baseURL: started.baseURL, apiKey: "none", maxRetries: 0 });
    });

    afterAll(async () => {
      await started.server.close();
      await voice.close();
      await ears.close();
      await rm(folder, { recursive: true, force: true });
    });

    test.each(["mp3", "opus", "flac"] as const)("what it says as %s, it understands", async (format) => {
      const input = "My dog likes to sleep under the kitchen table.";
      const speech = await client.audio.speech.create({
        model: "a",
        voice: "b",
        input,
        response_format: format,
      });
      const file = await toFile(Buffer.from(await speech.arrayBuffer()), `speech.${format}`);
      const heard = await client.audio.transcriptions.create({
        file,
        model: "whisper-1",
        response_format: "verbose_json",
        timestamp_granularities: ["word"],
      });
      expect(likeness(input, heard.text), heard.text).toBeGreaterThanOrEqual(SAYS_THE_SAME);
      const words = heard.words ?? [];
      expect(words.map(({ word }) => word).join(" ")).toBe(heard.text);
      expect(words.at(-1)?.end).toBeLessThanOrEqual(heard.duration);
    });

    // Pauses and the shortest sounds do not scale.
    test.each([0.25, 4])("it speaks at %f times the pace", async (speed) => {
      const input = "Good morning, everybody.";
      const sound = async (pace: number): Promise<number> => {
        const asked = { model: "a", voice: "b", input, response_format: "pcm", speed: pace } as const;
        return (await (await client.audio.speech.create(asked)).arrayBuffer()).byteLength;
      };
      const ratio = (await sound(speed)) / (await sound(1));
      expect(ratio * speed).toBeGreaterThan(0.5);
      expect(ratio * speed).toBeLessThan(2);
    });
  },
);
