/**
 * The beta interface (`OpenAI-Beta: realtime=v1`) in the words of the GA one and back: names of events, formats and parts
 * differ, what they mean does not.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What the server says: a type, an id and whatever belongs to it. */
export type ServerEvent = Fields & { readonly type: string };

const FORMATS: readonly (readonly [beta: string, ga: Fields & { readonly type: string }])[] = [
  ["pcm16", { type: "audio/pcm", rate: 24_000 }],
  ["g711_ulaw", { type: "audio/pcmu" }],
  ["g711_alaw", { type: "audio/pcma" }],
];

/** Events that had other names. */
const EVENTS: ReadonlyMap<string, string> = new Map([
  ["response.output_audio.delta", "response.audio.delta"],
  ["response.output_audio.done", "response.audio.done"],
  ["response.output_audio_transcript.delta", "response.audio_transcript.delta"],
  ["response.output_audio_transcript.done", "response.audio_transcript.done"],
  ["response.output_text.delta", "response.text.delta"],
  ["response.output_text.done", "response.text.done"],
  ["conversation.item.added", "conversation.item.created"],
]);

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without what is not said. */
function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A client's event as the GA interface would have it; what is no event comes back as it is. */
export function fromBetaEvent(value: unknown): unknown {
  if (!isFields(value)) return value;
  const { type, session, response, item } = value;
  if (type === "session.update" && isFields(session))
    return { ...value, session: { ...settingsFromBeta(session), type: "realtime" } };
  if (type === "response.create" && isFields(response))
    return { ...value, response: responseFromBeta(response) };
  if (type === "conversation.item.create") return { ...value, item: itemFromBeta(item) };
  return value;
}

function responseFromBeta(response: Fields): Fields {
  const { input } = response;
  return { ...settingsFromBeta(response), ...(Array.isArray(input) && { input: input.map(itemFromBeta) }) };
}

function settingsFromBeta(session: Fields): Fields {
  const {
    modalities,
    input_audio_format: inputFormat,
    output_audio_format: outputFormat,
    input_audio_transcription: transcription,
    input_audio_noise_reduction: noiseReduction,
    turn_detection: turnDetection,
    voice,
    speed,
    max_response_output_tokens: most,
    ...rest
  } = session;
  const input = { transcription, noise_reduction: noiseReduction, turn_detection: turnDetection };
  return defined({
    max_output_tokens: most,
    ...rest,
    output_modalities: Array.isArray(modalities)
      ? [modalities.includes("audio") ? "audio" : "text"]
      : modalities,
    audio: {
      input: defined({ ...input, format: formatFromBeta(inputFormat) }),
      output: defined({ voice, speed, format: formatFromBeta(outputFormat) }),
    },
  });
}

function formatFromBeta(format: unknown): unknown {
  return FORMATS.find(([beta]) => beta === format)?.[1] ?? format;
}

function itemFromBeta(item: unknown): unknown {
  if (!isFields(item) || !Array.isArray(item["content"])) return item;
  const { role, content } = item;
  const text = role === "assistant" ? "output_text" : "input_text";
  const names = new Map<unknown, string>([
    ["text", text],
    ["audio", "output_audio"],
  ]);
  return { ...item, content: content.map((part) => renamedPart(part, names)) };
}

const BETA_PARTS = new Map<unknown, string>([
  ["output_text", "text"],
  ["output_audio", "audio"],
]);

function renamedPart(part: unknown, names: ReadonlyMap<unknown, string>): unknown {
  return isFields(part) ? { ...part, type: names.get(part["type"]) ?? part["type"] } : part;
}

/** One of our events as the beta interface has it; undefined for one that it does not know. */
export function toBetaEvent(event: ServerEvent): ServerEvent | undefined {
  if (event.type === "conversation.item.done") return undefined;
  const { item, session, response } = event;
  return {
    ...event,
    type: EVENTS.get(event.type) ?? event.type,
    ...(isFields(item) && { item: itemToBeta(item) }),
    ...(isFields(session) && { session: sessionToBeta(session) }),
    ...(isFields(response) && { response: responseToBeta(response) }),
  };
}

function itemToBeta(item: unknown): unknown {
  if (!isFields(item) || !Array.isArray(item["content"])) return item;
  return { ...item, content: item["content"].map((part) => renamedPart(part, BETA_PARTS)) };
}

function responseToBeta({ output_modalities: modalities, audio, output, ...rest }: Fields): Fields {
  const { format, voice } = inner(audio, "output");
  return {
    ...rest,
    modalities: modalitiesToBeta(modalities),
    output_audio_format: formatToBeta(format),
    voice,
    output: Array.isArray(output) ? output.map(itemToBeta) : output,
  };
}

function sessionToBeta(session: Fields): Fields {
  const { output_modalities: modalities, audio, max_output_tokens: most, ...rest } = session;
  const input = inner(audio, "input");
  const output = inner(audio, "output");
  return {
    ...rest,
    type: undefined,
    object: "realtime.session",
    modalities: modalitiesToBeta(modalities),
    input_audio_format: formatToBeta(input["format"]),
    output_audio_format: formatToBeta(output["format"]),
    input_audio_transcription: input["transcription"],
    input_audio_noise_reduction: input["noise_reduction"],
    turn_detection: input["turn_detection"],
    voice: output["voice"],
    speed: output["speed"],
    max_response_output_tokens: most,
  };
}

function inner(value: unknown, key: string): Fields {
  const field = isFields(value) ? value[key] : undefined;
  return isFields(field) ? field : {};
}

function modalitiesToBeta(modalities: unknown): unknown {
  return Array.isArray(modalities) && modalities.includes("audio") ? ["text", "audio"] : modalities;
}

function formatToBeta(format: unknown): unknown {
  const type = isFields(format) ? format["type"] : undefined;
  return FORMATS.find(([, ga]) => ga.type === type)?.[0];
}
