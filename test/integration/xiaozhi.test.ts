import { afterEach, describe, expect, test } from "vitest";

import { phrase, PHRASES } from "../support/fake-models.ts";
import { haveOpus } from "../support/opus.ts";
import { recording } from "../support/recordings.ts";
import { BoardServer } from "../support/xiaozhi-server.ts";
import type { XiaozhiBoard } from "../support/xiaozhi-board.ts";

let server: BoardServer | undefined;
const start = async (...settings: Parameters<typeof BoardServer.start>): Promise<BoardServer> =>
  (server = await BoardServer.start(...settings));

afterEach(async () => {
  await server?.close();
});

const texts = (made: XiaozhiBoard, type: string): unknown[] =>
  made.all(type).flatMap(({ text }) => (text === undefined ? [] : [text]));

describe.skipIf(!haveOpus)("a board (skipped where the Opus addon is missing)", () => {
  test.each([1, 2, 3] as const)(
    "of binary version %d asks, is shown and told, and listens again",
    async (version) => {
      const made = await (await start()).board({ version });
      made.listen();
      await made.silence(300);
      await made.say(phrase(440));
      const more = made.silence(3000);
      await made.ttsState("stop");
      await more;
      expect(texts(made, "stt")).toEqual(["What is the capital of France?"]);
      expect(texts(made, "tts")).toEqual(["The capital of France is Paris."]);
      expect(made.all("llm")).toMatchObject([{ emotion: "neutral" }]);
      expect(made.messages.filter(({ type }) => type === "tts").map(({ state }) => state)).toEqual([
        "start",
        "sentence_start",
        "stop",
      ]);
      const { loudspeaker } = made;
      expect(loudspeaker).toMatchObject({ droppedUnheard: 0, droppedByQueue: 0 });
      // Six words of 200 ms.
      expect(loudspeaker.playedMs).toBeGreaterThanOrEqual(1200);
      expect(loudspeaker.mostQueuedMs).toBeLessThanOrEqual(300);
      expect(Math.max(...loudspeaker.played.flatMap((samples) => [...samples]))).toBeGreaterThan(0.1);
      expect(made.state).toBe("listening");
    },
  );

  test("that sends nothing while nothing is said (DTX) has its turn ended all the same", async () => {
    const made = await (await start()).board();
    made.listen();
    await made.silence(300);
    await made.say(phrase(440));
    await made.ttsState("start");
    expect(texts(made, "stt")).toEqual(["What is the capital of France?"]);
  });

  test("with a button has its turn ended by the button, and only by it", async () => {
    const made = await (await start()).board({ mode: "manual" });
    made.listen();
    await made.silence(300);
    await made.say(phrase(440));
    await made.silence(2500);
    expect(made.all("tts")).toEqual([]);
    made.stopListening();
    await made.ttsState("stop");
    expect(texts(made, "stt")).toEqual(["What is the capital of France?"]);
    expect(made.loudspeaker.droppedUnheard).toBe(0);
  });

  test("whose button is pressed again before its words are known is heard all the same", async () => {
    const there = await start();
    const { recognizer } = there.models;
    const recognize = recognizer.recognize.bind(recognizer);
    let understand = (): void => undefined;
    const understood = new Promise<void>((resolve) => (understand = resolve));
    recognizer.recognize = async (request, options) => {
      if (request.urgency === "final") await understood;
      return await recognize(request, options);
    };
    const made = await there.board({ mode: "manual" });
    for (const frequency of [440, 660] as const) {
      made.listen();
      await made.silence(700); // the end of the phrase before is none of this one
      await made.say(phrase(frequency));
      made.stopListening();
    }
    understand();
    await made.next("stt", ({ text }) => text === PHRASES[660]);
    expect(texts(made, "stt")).toEqual([PHRASES[440], PHRASES[660]]);
  });

  test("that cancels echo is interrupted by a question, and soon silent", async () => {
    const there = await start({ otherwise: "What colour is a banana?" });
    const long = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen.";
    there.models.languageModel.answer = (question) => (question.includes("banana") ? "It is yellow." : long);
    const made = await there.board({ mode: "realtime" });
    made.listen();
    await made.silence(300);
    await made.say(phrase(440));
    const asking = (async () => {
      await made.ttsState("start");
      await made.silence(900);
      // A tone would be taken for the echo of the fake voice's.
      await made.say(await recording("question.wav"));
      await made.silence(3000);
    })();
    await made.ttsState("start", 2);
    await made.ttsState("stop", 2);
    await asking;
    expect(texts(made, "stt")).toEqual(["What is the capital of France?", "What colour is a banana?"]);
    const states = made.all("tts").map(({ state }) => state);
    expect(states.filter((state) => state !== "sentence_start")).toEqual(["start", "stop", "start", "stop"]);
    expect(made.loudspeaker.droppedByQueue).toBe(0);
  });

  test("whose button is pressed while it speaks is told to stop at once, and gets no more sound", async () => {
    const there = await start();
    there.models.languageModel.answer = () =>
      "One two three four five six seven eight nine ten eleven twelve.";
    const made = await there.board();
    made.listen();
    made.detect("Count, please.");
    await made.ttsState("start");
    await made.silence(600);
    made.abort();
    await made.ttsState("stop");
    const { received } = made.loudspeaker;
    await made.silence(600);
    expect(made.loudspeaker.received).toBe(received);
    expect(made.loudspeaker.playedMs).toBeLessThan(1200);
    expect(made.all("tts").filter(({ state }) => state === "stop")).toHaveLength(1);
  });

  test("that was called by its name waits for the question", async () => {
    const made = await (await start()).board();
    await made.say(phrase(660)); // the microphone is closed still
    made.detect("Hi, ESP!");
    made.listen();
    await made.silence(300);
    await made.say(phrase(440));
    await made.ttsState("start");
    expect(texts(made, "stt")).toEqual(["What is the capital of France?"]);
  });

  test("that hangs up and is called again goes on with its conversation, and nobody else's", async () => {
    const there = await start();
    const first = await there.board();
    first.detect("My name is Anna.");
    await first.ttsState("stop");
    first.close();
    await first.closed();
    const other = await there.board({ deviceId: "24:0a:c4:00:00:02" });
    other.detect("Who is there?");
    await other.ttsState("stop");
    const again = await there.board();
    again.detect("Who am I?");
    await again.ttsState("stop");
    const [ofOther, ofFirst] = there.models.languageModel.generations
      .slice(-2)
      .map(({ messages }) => JSON.stringify(messages));
    expect(ofOther).not.toContain("Anna");
    expect(ofFirst).toContain("Anna");
  });

  test("is told on its screen why it is refused", async () => {
    const there = await start({ isReady: false });
    await expect(there.board()).rejects.toThrow(/1013.*"alert".*"not-ready"/u);
  });
});
