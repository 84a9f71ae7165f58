import { expect, test } from "vitest";

import { writeWav } from "../../../audio/index.ts";
import { openRecordingEngine } from "../../../models/recordings/engine.ts";
import { PRIORITY } from "../../../models/runtime/engine.ts";
import { inProcessClient } from "../../../models/runtime/in-process.ts";
import { singleChunk } from "../../../models/runtime/single-chunk.ts";

test("a recording comes as it is listened to, at 16 kHz, whatever its own rate is", async () => {
  const client = inProcessClient(await openRecordingEngine());
  for (const sampleRate of [8_000, 16_000, 192_000]) {
    const bytes = Uint8Array.from(writeWav({ sampleRate, channels: [new Float32Array(sampleRate / 2)] }));
    const request = { bytes, maximumDurationMs: 1_000 };
    const { signal } = new AbortController();
    const decoded = client.run("decode", request, { signal, priority: PRIORITY.background });
    expect(await singleChunk(decoded)).toHaveLength(8_000);
  }
});
