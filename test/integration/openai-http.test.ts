import OpenAI, { APIError, toFile } from "openai";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { decodeAudio, writeWav } from "../../audio/index.ts";
import { PHRASES, phrase } from "../support/fake-models.ts";
import { startOpenAiServer } from "../support/openai-http-server.ts";

let started: Awaited<ReturnType<typeof startOpenAiServer>>;
let client: OpenAI;

beforeAll(async () => {
  started = await startOpenAiServer({ apiKeys: ["a key"] });
  client = new OpenAI({ baseURL: started.baseURL, apiKey: "a key", maxRetries: 0 });
});

afterAll(async () => {
  await started.server.close();
});

const wav = (samples: Float32Array): Uint8Array => writeWav({ channels: [samples], sampleRate: 16_000 });
const question = () => toFile(wav(phrase(440)), "question.wav");

async function refusal(call: Promise<unknown>): Promise<APIError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof APIError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("transcriptions for the stock client", () => {
  it("come as JSON and as text", async () => {
    const model = "whisper-1";
    expect(await client.audio.transcriptions.create({ file: await question(), model })).toMatchObject({
      text: PHRASES[440],
      usage: { type: "duration", seconds: 1 },
    });
    const text = await client.audio.transcriptions.create({
      file: await question(),
      model,
      response_format: "text",
    });
    expect(text).toBe(`${PHRASES[440]}\n`);
  });

  it("come as subtitles", async () => {
    const asked = { file: await question(), model: "whisper-1" } as const;
    const srt: unknown = await client.audio.transcriptions.create({ ...asked, response_format: "srt" });
    expect(srt).toBe(`1\n00:00:00,000 --> 00:00:00,600\n${PHRASES[440]}\n\n`);
    const vtt: unknown = await client.audio.transcriptions.create({ ...asked, response_format: "vtt" });
    expect(vtt).toBe(`WEBVTT\n\n00:00:00.000 --> 00:00:00.600\n${PHRASES[440]}\n\n`);
  });

  it("come with the times of words and segments", async () => {
    const result = await client.audio.transcriptions.create({
      file: await question(),
      model: "whisper-1",
      response_format: "verbose_json",
      timestamp_granularities: ["word", "segment"],
    });
    expect(result).toMatchObject({ duration: 0.6, text: PHRASES[440] });
    expect(result.words?.[1]).toEqual({ word: "is", start: 0.1, end: 0.2 });
    expect(result.segments).toHaveLength(1);
    expect(result.segments?.[0]).toMatchObject({ id: 0, start: 0, end: 0.6, text: PHRASES[440] });
  });

  it("come as a stream", async () => {
    const stream = await client.audio.transcriptions.create({
      file: await question(),
      model: "gpt-4o-transcribe",
      stream: true,
    });
    const events = [];
    for await (const event of stream) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(["transcript.text.delta", "transcript.text.done"]);
    expect(events[1]).toMatchObject({ text: PHRASES[440] });
  });

  it("are refused for what is no recording, with the code that says why", async () => {
    const error = await refusal(
      client.audio.transcriptions.create({
        file: await toFile(Buffer.from("no sound"), "a.mp3"),
        model: "any",
      }),
    );
    expect(error).toMatchObject({ status: 400, code: "audio-unreadable", type: "invalid_request_error" });
  });
});

describe("speech for the stock client", () => {
  it.each(["wav", "flac", "mp3", "opus"] as const)("comes as %s that can be played", async (format) => {
    const response = await client.audio.speech.create({
      model: "tts-1",
      voice: "alloy",
      input: "One two three four five.",
      response_format: format,
    });
    const { samples, sampleRate } = await decodeAudio(new Uint8Array(await response.arrayBuffer()));
    expect(Math.abs(samples.length / sampleRate - 1)).toBeLessThan(0.1);
  });

  it("comes as plain samples, faster where that is asked for", async () => {
    const response = await client.audio.speech.create({
      model: "tts-1",
      voice: "alloy",
      input: "One two three four five.",
      response_format: "pcm",
      speed: 2,
    });
    const bytes = await response.arrayBuffer();
    expect(Math.abs(bytes.byteLength / 2 / 24_000 - 0.5)).toBeLessThan(0.01);
  });

  it("comes as events whose pieces are the file", async () => {
    const response = await client.audio.speech.create({
      model: "tts-1",
      voice: "alloy",
      input: "One two three.",
      response_format: "wav",
      stream_format: "sse",
    });
    const events = readEvents(await response.text());
    expect(events.at(-1)).toMatchObject({ type: "speech.audio.done" });
    const pieces = events.flatMap((event) => (event.type === "speech.audio.delta" ? [event.audio] : []));
    const { samples } = await decodeAudio(
      Buffer.concat(pieces.map((piece) => Buffer.from(piece!, "base64"))),
    );
    expect(samples.length / 24_000).toBeCloseTo(0.6, 2);
  });

  it("is refused in formats that are not written, naming those that are", async () => {
    const error = await refusal(
      client.audio.speech.create({ model: "a", voice: "b", input: "c", response_format: "aac" }),
    );
    expect(error).toMatchObject({ status: 400, param: "response_format" });
    expect(error.message).toContain("wav, pcm, flac, mp3, opus");
  });
});

function readEvents(text: string): { type: string; audio?: string }[] {
  return text
    .split("\n\n")
    .filter((block) => block.startsWith("data: {"))
    .map((block) => JSON.parse(block.slice("data: ".length)) as { type: string; audio?: string });
}

describe("chat for the stock client", () => {
  it("answers at once and as a stream", async () => {
    const asked = { model: "antiphon", messages: [{ role: "user", content: PHRASES[660] } as const] };
    const whole = await client.chat.completions.create(asked);
    expect(whole.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { role: "assistant", content: "A banana is yellow." },
    });
    expect(whole.usage).toMatchObject({ prompt_tokens: 1, completion_tokens: 4, total_tokens: 5 });
    const stream = client.chat.completions.stream({ ...asked, stream_options: { include_usage: true } });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe("A banana is yellow.");
    expect(final.usage?.total_tokens).toBe(5);
  });

  it("calls the client's tools, at once and as a stream, and answers from their results", async () => {
    const { languageModel } = started.models;
    const { answer } = languageModel;
    languageModel.answer = (asked) =>
      asked === "Paris"
        ? "It is Paris."
        : { calls: [{ name: "get_capital", arguments: '{"country":"France"}' }] };
    onTestFinished(() => {
      languageModel.answer = answer;
    });
    const parameters = { type: "object", properties: { country: { type: "string" } }, required: ["country"] };
    const question = { role: "user", content: PHRASES[440] } as const;
    const asked = {
      model: "antiphon",
      messages: [question],
      tools: [{ type: "function", function: { name: "get_capital", parameters } } as const],
    };
    const whole = await client.chat.completions.create(asked);
    const [choice] = whole.choices;
    expect(choice).toMatchObject({ finish_reason: "tool_calls", message: { content: null } });
    const [call] = choice?.message.tool_calls ?? [];
    expect(call).toMatchObject({
      type: "function",
      function: { name: "get_capital", arguments: '{"country":"France"}' },
    });
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
    expect(streamed.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { tool_calls: [{ function: { name: "get_capital", arguments: '{"country":"France"}' } }] },
    });
    expect(languageModel.generations.at(-1)?.tools).toMatchObject([{ name: "get_capital" }]);
    const result = { role: "tool", tool_call_id: call?.id ?? "", content: "Paris" } as const;
    const called = {
      role: "assistant",
      content: null,
      tool_calls: choice?.message.tool_calls ?? [],
    } as const;
    const next = await client.chat.completions.create({ ...asked, messages: [question, called, result] });
    expect(next.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "It is Paris." } });
  });

  it("hears recordings and sees pictures in messages", async () => {
    const heard = await client.chat.completions.create({
      model: "antiphon",
      messages: [
        {
          role: "user",
          content: [
            {
              type: "input_audio",
              input_audio: { data: Buffer.from(wav(phrase(440))).toString("base64"), format: "wav" },
            },
          ],
        },
      ],
    });
    expect(heard.choices[0]?.message.content).toBe("The capital of France is Paris.");
    await client.chat.completions.create({
      model: "antiphon",
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            {
              type: "image_url",
              image_url: { url: `data:image/png;base64,${Buffer.from([7]).toString("base64")}` },
            },
            { type: "text", text: "What is this?" },
            { type: "text", text: "And what colour is it?" },
          ],
        },
      ],
    });
    const { messages, inBackground } = started.models.languageModel.generations.at(-1)!;
    expect(inBackground).toBe(true);
    expect(messages[1]?.content).toContainEqual({ type: "text", text: "What is this?" });
    expect(messages[1]?.content).toContainEqual(expect.objectContaining({ type: "frame" }));
    const text = "[by its pixels, what is in the middle is black]"; // looked at for the question that stands behind it
    expect(messages[1]?.content).toContainEqual({ type: "text", text });
  });

  it("fetches no addresses", async () => {
    const error = await refusal(
      client.chat.completions.create({
        model: "antiphon",
        messages: [
          {
            role: "user",
            content: [{ type: "image_url", image_url: { url: "http://127.0.0.1/secret.png" } }],
          },
        ],
      }),
    );
    expect(error).toMatchObject({ status: 400, code: "invalid_image_url" });
  });
});

describe("what there is", () => {
  it("is listed for the stock client", async () => {
    const names = [];
    for await (const model of client.models.list()) names.push(model.id);
    expect(names).toEqual(["antiphon", "whisper-1", "tts-1"]);
    expect(await client.models.retrieve("antiphon")).toMatchObject({ id: "antiphon", object: "model" });
    expect(await refusal(client.models.retrieve("gpt-99"))).toMatchObject({
      status: 404,
      code: "model_not_found",
    });
    const voices: unknown = await client.get("/audio/voices");
    expect(voices).toMatchObject({ object: "list", voices: [{ id: "default" }] });
  });

  it("is for those with a key only", async () => {
    const stranger = new OpenAI({ baseURL: started.baseURL, apiKey: "another", maxRetries: 0 });
    expect(await refusal(Promise.resolve(stranger.models.list()))).toMatchObject({ status: 401 });
  });
});
