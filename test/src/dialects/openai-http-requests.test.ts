import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ZodError } from "zod";

import {
  chatSchema,
  partsOf,
  plainMessage,
  toolsOf,
} from "../../../src/dialects/openai-http/chat-request.ts";
import { ApiError, errorBodySchema, toApiError } from "../../../src/dialects/openai-http/errors.ts";
import { speechSchema } from "../../../src/dialects/openai-http/speech.ts";
import { transcriptionSchema } from "../../../src/dialects/openai-http/transcriptions.ts";
import { AntiphonError } from "../../../streaming/index.ts";

/** Anything, and now and then something that looks like a request. */
const anything = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      messages: fc.array(
        fc.record({
          role: fc.oneof(fc.constantFrom("system", "user", "assistant", "tool"), fc.string()),
          content: fc.oneof(
            fc.string(),
            fc.array(
              fc.oneof(
                fc.record({ type: fc.constant("text"), text: fc.string() }),
                fc.record({ type: fc.constant("image_url"), image_url: fc.string() }),
                fc.record({
                  type: fc.constant("input_audio"),
                  input_audio: fc.record({ data: fc.base64String(), format: fc.string() }),
                }),
                fc.jsonValue(),
              ),
              { maxLength: 3 },
            ),
            fc.jsonValue(),
          ),
          tool_call_id: fc.string(),
        }),
        { maxLength: 3 },
      ),
      tools: fc.array(fc.jsonValue(), { maxLength: 2 }),
      tool_choice: fc.jsonValue(),
      input: fc.string(),
      speed: fc.double(),
      response_format: fc.string(),
    },
    { requiredKeys: [] },
  ),
);

describe("whatever is sent", () => {
  it("is understood or refused by name", () => {
    fc.assert(
      fc.property(anything, (body) => {
        for (const schema of [speechSchema, transcriptionSchema]) schema.safeParse(body);
        try {
          const asked = chatSchema.parse(body);
          for (const message of asked.messages)
            if (message.role === "user") partsOf(message);
            else plainMessage(message);
          toolsOf(asked);
        } catch (error) {
          expect(error instanceof ApiError || error instanceof ZodError).toBe(true);
          expect(toApiError(error).status).toBe(400);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("has no address that is fetched", () => {
    const urls = [
      "http://127.0.0.1/",
      "https://a/b.png",
      "file:///etc/passwd",
      "data:text/html;base64,QQ==",
      "",
      "a.png",
    ];
    for (const image_url of [...urls, ...urls.map((url) => ({ url }))]) {
      const [message] = chatSchema.parse({
        messages: [{ role: "user", content: [{ type: "image_url", image_url }] }],
      }).messages;
      if (message?.role !== "user") throw new Error("not a user's message");
      expect(() => partsOf(message)).toThrow(ApiError);
    }
  });

  it("may have fields that nobody knows", () => {
    const body = {
      messages: [{ role: "user", content: "a", name: "b" }],
      logit_bias: {},
      user: "c",
      store: true,
    };
    expect(chatSchema.parse(body).messages).toEqual([{ role: "user", content: "a" }]);
    expect(speechSchema.parse({ input: "a", instructions: "b" })).toMatchObject({
      response_format: "mp3",
      speed: 1,
    });
  });
});

describe("toApiError", () => {
  it("gives each reason its status", () => {
    const status = (code: ConstructorParameters<typeof AntiphonError>[0]) =>
      toApiError(new AntiphonError(code, "a")).status;
    expect(status("audio-too-long")).toBe(400);
    expect(status("session-limit")).toBe(429);
    expect(status("worker-crashed")).toBe(503);
    expect(status("llm-timeout")).toBe(503);
    expect(status("inference-failed")).toBe(500);
  });

  it("keeps what nobody foresaw to itself, in the API's form", () => {
    const { status, body } = toApiError(new Error("password 1234"));
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain("1234");
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(errorBodySchema.safeParse(toApiError(thrown).body).success).toBe(true);
      }),
    );
  });
});
