import {
  type ChatMessage,
  type Clock,
  type GenerateRequest,
  type SessionModels,
  shortResult,
  toAntiphonError,
  unlessAborted,
} from "../../../streaming/index.ts";
import type { Config } from "../../config.ts";
import { seenPicture, type SeenParts, toldToSee } from "../../seen-pictures.ts";
import { AsideSpeech, type AsideVoice } from "./aside-speech.ts";
import type { ServerEvent } from "./beta.ts";
import { type ClientItem, type Item, textOfItem } from "./client-item.ts";
import { toolSettings } from "./client-tools.ts";
import { detailsOf, RealtimeError, type RealtimeErrorDetails } from "./errors.ts";
import { newId } from "./ids.ts";
import type { RecordingOptions } from "./item-sound.ts";
import { Items, type ToldMessage } from "./items.ts";
import type { SharedPlaces } from "./places.ts";
import { type ResponseEnding, ResponseWriter } from "./response-writer.ts";
import { readResponseInput, type ResponseInput } from "./response-input.ts";
import { changesOf, conversationSettings, type SessionConfig, updated } from "./session-config.ts";
import type { ResponseParameters } from "./session-schema.ts";

/** Responses beside the conversation that one client may have at once, those that wait for a place among them. */
const AT_ONCE = 4;

export interface OutOfBandHost {
  readonly send: (event: ServerEvent) => void;
  /** Of the conversation. */
  readonly items: Items;
  readonly config: () => SessionConfig;
  readonly serverConfig: Config;
  readonly places: SharedPlaces;
  readonly models: () => Pick<SessionModels, "languageModel" | "sight" | "synthesizer"> | undefined;
  readonly clock: Clock;
  /** Puts words in the place of an item's recordings. Rejects where that cannot be. */
  readonly fill: (made: ClientItem, options: RecordingOptions) => Promise<unknown>;
}

/** One that is being given. */
interface GivenResponse {
  readonly writer: ResponseWriter;
  /** Where it is spoken. */
  readonly speech: AsideSpeech | undefined;
  readonly signal: AbortSignal;
}

/**
 * Responses outside of the conversation (`conversation: "none"`): written, and spoken, beside it, from its items or from others, and
 * remembered by nobody. They give way to whatever is said.
 */
export class OutOfBand {
  readonly #host: OutOfBandHost;
  readonly #running = new Map<string, AbortController>();
  readonly #closing = new AbortController();

  constructor(host: OutOfBandHost) {
    this.#host = host;
  }

  /**
   * Begins a response; one that is about recordings or pictures fails where they are not understood.
   * @throws RealtimeError where it is about what cannot be read, or too many are being given.
   */
  respond(parameters: ResponseParameters): void {
    const { send, items, serverConfig } = this.#host;
    const current = this.#host.config();
    const { audio } = parameters;
    const config = updated(current, {
      type: current.type,
      ...changesOf(parameters),
      ...(audio && { audio }),
    });
    if (this.#running.size >= AT_ONCE)
      throw new RealtimeError(
        "conversation_already_has_active_response",
        `${AT_ONCE} responses are being given outside of the conversation; wait for one of them.`,
      );
    const input = parameters.input && readResponseInput(parameters.input, items, serverConfig.limits);
    const about = input?.items ?? items;
    const settings = {
      ...serverConfig.conversation,
      ...conversationSettings(config, serverConfig, about.notes),
    };
    const { tools, toolChoice } = toolSettings(config);
    const { speed, sampling, maxAnswerTokens: maxTokens } = settings;
    const spoken = config.output_modalities.includes("audio");
    const manner = { maxTokens, sampling, spoken, stop: [], inBackground: true };
    const request = {
      ...manner,
      ...(toolChoice !== "none" && { tools: tools?.list() ?? [], toolChoice: toolChoice ?? "auto" }),
    };
    const writer = new ResponseWriter(outsideOf(send), new Items(), {
      config,
      metadata: parameters.metadata ?? null,
      conversationId: null,
    });
    // The conversation goes on meanwhile: what it was about when it was asked is what this is about.
    const context = input === undefined ? items.wholeContext : undefined;
    const { systemPrompt } = settings;
    const prepare = async (signal: AbortSignal): Promise<GenerateRequest> => {
      const messages =
        input === undefined
          ? messagesOf(systemPrompt, context ?? [])
          : await this.#messagesAbout(input, { ...parameters, systemPrompt }, signal);
      return { ...request, seat: writer.id, messages };
    };
    void this.#give(prepare, writer, spoken ? { ...config.audio.output, speed } : undefined);
  }

  /**
   * The prompt of a response within the conversation that is about an `input` of its own, once recordings in it are words and pictures
   * are looked at; undefined where the client leaves meanwhile.
   * @throws RealtimeError, AntiphonError where it cannot be read, is too much, or is not understood.
   */
  async promptOf(parameters: ResponseParameters): Promise<readonly ChatMessage[] | undefined> {
    const { items, serverConfig, config } = this.#host;
    const { signal } = this.#closing;
    const input = readResponseInput(parameters.input ?? [], items, serverConfig.limits);
    const settings = updated(config(), { type: config().type, ...changesOf(parameters) });
    const { systemPrompt = "" } = conversationSettings(settings, serverConfig, input.items.notes);
    try {
      const messages = await this.#messagesAbout(input, { ...parameters, systemPrompt }, signal);
      return signal.aborted ? undefined : messages;
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  async #messagesAbout(
    { items, made }: ResponseInput,
    {
      systemPrompt,
      instructions = "",
    }: { readonly systemPrompt: string; readonly instructions?: string | undefined },
    signal: AbortSignal,
  ): Promise<readonly ChatMessage[]> {
    const { format } = this.#host.config().audio.input;
    for (const one of made) await this.#host.fill(one, { format, signal });
    const seen = await this.#look(made, instructions, signal);
    return toldToSee(messagesOf(systemPrompt, items.wholeContext, seen));
  }

  /** Returns whether it was one of these. */
  cancel(responseId: string | undefined): boolean {
    const running = this.#running.get(responseId ?? "");
    running?.abort(new DOMException("the response was cancelled", "AbortError"));
    return running !== undefined;
  }

  /** Nobody is there any more to be told. */
  stop(): void {
    this.#closing.abort(new DOMException("the client has left", "AbortError"));
    for (const id of this.#running.keys()) this.cancel(id);
  }

  /**
   * What the pictures of items show, by the items' ids; with notes on what is asked about them: in the item itself, or else in
   * the others that are given whole and in the instructions for this response.
   */
  async #look(
    made: readonly ClientItem[],
    instructions: string,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, SeenParts>> {
    const seen = new Map<string, SeenParts>();
    const shown = made.filter(({ pictures }) => pictures.length > 0);
    if (shown.length === 0) return seen;
    const sight = this.#host.models()?.sight;
    if (sight === undefined)
      throw new RealtimeError("unsupported", "This server cannot see.", "response.input");
    const asked = [...made.map(({ item }) => wordsOf(item)), instructions].join("\n");
    const giveUpPlace = await this.#host.places.looking.take(signal);
    try {
      for (const { item, pictures } of shown) {
        const question = wordsOf(item) || asked;
        const parts: SeenParts[] = [];
        for (const bytes of pictures)
          parts.push(await seenPicture(Uint8Array.from(bytes), question, sight, { signal }));
        seen.set(item.id, parts.flat());
      }
      return seen;
    } finally {
      giveUpPlace();
    }
  }

  async #give(
    prepare: (signal: AbortSignal) => Promise<GenerateRequest>,
    writer: ResponseWriter,
    voice: AsideVoice | undefined,
  ): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#running.set(writer.id, controller);
    try {
      const speech = voice && new AsideSpeech(writer, voice, { ...this.#host, signal });
      const request = await unlessAborted(prepare(signal), signal);
      const ending = await this.#write(request, { writer, speech, signal });
      await speech?.finish();
      writer.finish(ending);
    } catch (error) {
      const ending = signal.aborted
        ? ({ status: "cancelled", reason: "client_cancelled" } as const)
        : ({ status: "failed", error: faultOf(error) } as const);
      writer.finish({ ...ending, text: writer.text, timings: NOTHING_DISCARDED });
    } finally {
      controller.abort(); // where it has failed, nothing more of it is spoken
      this.#running.delete(writer.id);
    }
  }

  /** When there is a place, which is given up before all of it has been spoken. */
  async #write(request: GenerateRequest, given: GivenResponse): Promise<ResponseEnding> {
    const giveUpPlace = await this.#host.places.writing.take(given.signal);
    try {
      return await this.#generate(request, given);
    } finally {
      giveUpPlace();
    }
  }

  async #generate(
    request: GenerateRequest,
    { writer, speech, signal }: GivenResponse,
  ): Promise<ResponseEnding> {
    const languageModel = this.#host.models()?.languageModel;
    if (languageModel === undefined) throw new RealtimeError("not_ready", "The models are gone.");
    let timings: ResponseEnding["timings"] = NOTHING_DISCARDED;
    let isCutShort = false;
    const hasTools = request.tools !== undefined && request.tools.length > 0;
    try {
      for await (const event of languageModel.generate(request, { signal })) {
        // A remote server may call what it was never offered, and the client would know of no such function.
        if (event.type === "tool-call" && !hasTools) continue;
        if (event.type === "text-delta") {
          writer.addText(event.text);
          speech?.add(event.text);
        } else if (event.type === "tool-call") writer.addCall({ ...event.call, id: newId("call") });
        else if (event.type === "prompt-ready") timings = { ...timings, ...event };
        else isCutShort = event.reason === "length";
      }
    } finally {
      await languageModel.releaseSeat(request.seat);
    }
    const ending = isCutShort
      ? ({ status: "incomplete", reason: "max_output_tokens" } as const)
      : ({ status: "completed" } as const);
    return { ...ending, text: writer.text, timings };
  }
}

function wordsOf(item: Item): string {
  return item.type === "message" && item.role === "user" ? textOfItem(item) : "";
}

function faultOf(error: unknown): RealtimeErrorDetails {
  return error instanceof RealtimeError ? error.details : detailsOf(toAntiphonError(error));
}

const NOTHING_DISCARDED = { revisions: 0, discarded: 0, discardedMs: 0 } as const;

/**
 * All of it as it stands, but for the ends of long results: a conversation keeps its prompt short for the sake of its pace,
 * for which nobody waits here. Many servers refuse a result without its call.
 */
function messagesOf(
  systemPrompt: string,
  context: readonly ToldMessage[],
  seen: ReadonlyMap<string, SeenParts> = new Map(),
): readonly ChatMessage[] {
  const messages: ChatMessage[] = [{ role: "system", content: systemPrompt }];
  const called = new Set<string>();
  for (const { message: told, itemId } of context) {
    const { text, ...message } = told;
    if ("toolCalls" in message) for (const { id } of message.toolCalls ?? []) called.add(id);
    const shown = seen.get(itemId ?? "") ?? [];
    if (message.role === "user") {
      const words = text === "" ? [] : [{ type: "text", text } as const];
      if (shown.length > 0) messages.push({ ...message, content: [...shown, ...words] });
      else if (text !== "") messages.push({ ...message, content: text });
    } else if (message.role === "assistant") {
      const { toolCalls } = message;
      messages.push({ role: "assistant", content: text, ...(toolCalls && { toolCalls }) });
    } else if (called.has(message.toolCallId)) messages.push({ ...message, content: shortResult(text) });
  }
  return messages;
}

/** What is said outside of a conversation is no item of it. */
function outsideOf(send: OutOfBandHost["send"]): OutOfBandHost["send"] {
  return (event) => {
    if (!event.type.startsWith("conversation.item.")) send(event);
  };
}
