import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { resample } from "../../audio/index.ts";
import { systemClock } from "../../src/clock.ts";
import type * as Compose from "../../src/compose.ts";
import { ALL_MODELS } from "../../src/model-files.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { likeness, SAYS_THE_SAME } from "../support/alike.ts";
import { haveModels } from "../support/models.ts";
import { haveOpus } from "../support/opus.ts";
import { recording } from "../support/recordings.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { startServer, testConfig } from "../support/voice-server.ts";
import { XiaozhiBoard } from "../support/xiaozhi-board.ts";

/** Workers run compiled code; `npm test` compiles it before. */
const compiled = new URL("../../dist/src/compose.js", import.meta.url);
const { openModels } = (await import(compiled.href)) as typeof Compose;

const { signal } = new AbortController();

/** One question, spoken to a board in real time, on the lite pack's networks. */
describe.skipIf(!haveModels() || !haveOpus)(
  "a board (skipped where the lite pack has not been fetched, or the Opus addon is missing)",
  () => {
    let models: Compose.Models;
    let server: VoiceServer;
    let board: XiaozhiBoard;

    beforeAll(async () => {
      const settings = { pack: "lite", devices: { folder: await temporaryFolder() } };
      models = await openModels(testConfig(settings), ALL_MODELS, { signal, onProgress: () => undefined });
      server = await startServer((options) => openVoiceSession(models, options, systemClock), settings);
      board = await XiaozhiBoard.connect(new URL("/xiaozhi/v1/", server.url).href, { version: 3 });
      board.listen();
      await board.silence(500);
      await board.say(await recording("question.wav"));
      await board.ttsState("stop");
    });
    afterAll(async () => {
      board.close();
      await server.close();
      await models.close();
    });

    test("is understood through Opus, though it falls silent with the last word", () => {
      expect(board.all("stt").map(({ text }) => text)).toEqual(["What is the capital of France?"]);
    });

    test("shows the answer's sentences and speaks words that are these", async () => {
      const shown = board.all("tts").flatMap(({ text }) => (typeof text === "string" ? [text] : []));
      expect(shown.join(" ")).toMatch(/\bParis\b/u);
      await expect.poll(() => board.loudspeaker.isIdle, { timeout: 60_000 }).toBe(true);
      const { played } = board.loudspeaker;
      const sound = new Float32Array(played.reduce((length, samples) => length + samples.length, 0));
      let at = 0;
      for (const samples of played) {
        sound.set(samples, at);
        at += samples.length;
      }
      const samples = await resample(sound, 24_000, 16_000);
      const { text } = await models.recognizer.recognize({ samples, urgency: "final" }, { signal });
      expect(likeness(shown.join(" "), text), text).toBeGreaterThanOrEqual(SAYS_THE_SAME);
    });
  },
);
