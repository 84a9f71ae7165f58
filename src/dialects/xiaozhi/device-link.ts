import type { IncomingMessage } from "node:http";

import { LISTENING_SAMPLE_RATE } from "../../../audio/index.ts";
import { openOpusDecoder, type OpusPacketDecoder } from "../../../audio/opus.ts";
import { AntiphonError, toAntiphonError } from "../../../streaming/index.ts";
import { OutgoingAudio } from "../../server/audio-codec.ts";
import type { Conversation, ConversationListener, Conversations } from "../../server/conversations.ts";
import type { DialectHost } from "../dialect.ts";
import { type Device, deviceOf, tokenOf } from "./device.ts";
import { DeviceMcp, type VisionAddress } from "./device-mcp.ts";
import type { DeviceStore } from "./device-store.ts";
import { DeviceTalk, wakeWordsOf } from "./device-talk.ts";
import { DeviceTools } from "./device-tools.ts";
import { DEVICE_LEAD_MS, Downlink, DOWNLINK_FORMAT } from "./downlink.ts";
import { type BinaryVersion, binaryVersionOf } from "./frames.ts";
import { heed, promptWith } from "./memory.ts";
import type { DeviceHello } from "./messages.ts";
import { addressOf } from "./ota.ts";
import type { DeviceOutbox } from "./outbox.ts";
import type { DeviceTokens } from "./tokens.ts";
import { Uplink } from "./uplink.ts";
import { VISION_PATH, type VisionDesk } from "./vision.ts";

/** What the boards of a server share. */
export interface DeviceContext extends Pick<
  DialectHost,
  "conversations" | "config" | "clock" | "logger" | "metrics"
> {
  readonly store: DeviceStore;
  readonly tokens: () => Promise<DeviceTokens>;
  readonly vision: VisionDesk;
  /** The last conversation of each board, to go on with where it is still kept. */
  readonly lastConversations: Map<string, string>;
}

/** One connection, as far as greeting its board goes. */
export interface Connection {
  readonly request: IncomingMessage;
  readonly context: DeviceContext;
  readonly outbox: DeviceOutbox;
  readonly listener: ConversationListener;
  /** Aborted when the connection is over. */
  readonly signal: AbortSignal;
}

/** What exists once a board has been greeted. */
export interface Link {
  readonly conversation: Conversation;
  readonly talk: DeviceTalk;
  readonly version: BinaryVersion;
  readonly close: () => void;
}

interface Greeted {
  readonly device: Device;
  readonly version: BinaryVersion;
  readonly facts: readonly string[];
  readonly decoder: OpusPacketDecoder;
  readonly codec: OutgoingAudio;
}

const HELLO = {
  type: "hello",
  transport: "websocket",
  version: 1,
  audio_params: {
    format: DOWNLINK_FORMAT.format,
    sample_rate: DOWNLINK_FORMAT.sampleRate,
    channels: 1,
    frame_duration: DOWNLINK_FORMAT.frameMs,
  },
} as const;

/** Boards whose last conversation is looked for when they come back. */
const MOST_REMEMBERED_DEVICES = 1000;

/**
 * Answers a board's hello, and takes it into its conversation: the one that it left a moment ago, or a new one.
 * @throws AntiphonError `protocol-version`, `message-invalid`, `unauthorized`, `not-ready`, `session-limit`,
 * `shutting-down`; AudioError `opus-unavailable`; `signal.reason`.
 */
export async function openLink(hello: DeviceHello, connection: Connection): Promise<Link> {
  const { request, context, signal } = connection;
  const version = agreedVersion(hello, request);
  const device = await admit(connection);
  const conversations = context.conversations();
  if (conversations === undefined) throw new AntiphonError("not-ready", "the models are still loading");
  const facts = await context.store.facts(device.deviceId);
  const giveUpPlace = conversations.reserve(context.lastConversations.get(device.deviceId));
  try {
    const decoder = await openOpusDecoder(LISTENING_SAMPLE_RATE);
    const codec = await OutgoingAudio.open(DOWNLINK_FORMAT, conversations.voiceSampleRate);
    giveUpPlace();
    try {
      signal.throwIfAborted();
      return enter(hello, connection, conversations, { device, version, facts, decoder, codec });
    } catch (error) {
      codec.close();
      throw error;
    }
  } finally {
    giveUpPlace();
  }
}

/** How binary messages are wrapped, by the header or by what hello says; what boards do not say is 1. */
function agreedVersion(
  { version, transport, audio_params }: DeviceHello,
  request: IncomingMessage,
): BinaryVersion {
  if (transport !== undefined && transport !== "websocket")
    throw new AntiphonError("message-invalid", `the transport here is websocket, not ${transport}`);
  if (audio_params?.format !== undefined && audio_params.format !== "opus")
    throw new AntiphonError("message-invalid", "sound must be Opus");
  const agreed = binaryVersionOf(request.headers["protocol-version"] ?? version ?? 1);
  if (agreed !== undefined) return agreed;
  throw new AntiphonError("protocol-version", "this server speaks versions 1, 2 and 3 of the protocol");
}

/** Who it is, if they may come in. A token that is wrong is refused, whether one is asked for or not. */
async function admit({ request, context }: Connection): Promise<Device> {
  const device = deviceOf(request);
  const token = tokenOf(request);
  if (token !== undefined) await (await context.tokens()).check(device, token);
  else if (context.config.apiKeys.length > 0)
    throw new AntiphonError("unauthorized", "a token is needed; get one from the OTA address");
  return device;
}

function enter(
  hello: DeviceHello,
  connection: Connection,
  conversations: Conversations,
  greeted: Greeted,
): Link {
  const { request, context, outbox, listener, signal } = connection;
  const { config, lastConversations, logger, vision } = context;
  const { deviceId } = greeted.device;
  const address = addressOf(request, config);
  if (address === undefined) throw new AntiphonError("message-invalid", "the Host header names no host");
  const mcp = new DeviceMcp((payload) => {
    outbox.send({ type: "mcp", payload });
  });
  let pictures = 0;
  const memory = {
    remember: (fact: string) => context.store.remember(deviceId, fact),
    facts: () => context.store.facts(deviceId),
  };
  const tools = new DeviceTools(mcp, memory, () => pictures);
  const systemPrompt = promptWith(config.conversation.systemPrompt, greeted.facts);
  const settings = { leadMs: DEVICE_LEAD_MS, systemPrompt, tools };
  const { conversation, resumed } = conversations.enter(lastConversations.get(deviceId), settings);
  note(lastConversations, deviceId, conversation.id);
  const camera = vision.open({
    deviceId,
    take: (bytes) => {
      pictures += 1;
      conversation.pushPicture({ bytes, ageMs: 0 });
    },
  });
  outbox.send(HELLO);
  if (resumed) conversation.push({ type: "configure", settings });
  conversation.attach(listener);
  if (hello.features?.mcp === true) {
    meet(mcp, tools, { url: `${address}${VISION_PATH}`, token: camera.token }, signal).catch(
      (error: unknown) => {
        const { code } = toAntiphonError(error);
        if (!signal.aborted)
          logger.info({ conversation: conversation.label, code }, "a device told no tools");
      },
    );
  }
  const talk = openTalk(conversation, mcp, connection, greeted);
  return { conversation, talk, version: greeted.version, close: camera.close };
}

function openTalk(
  conversation: Conversation,
  mcp: DeviceMcp,
  { context, outbox }: Connection,
  { device, version, decoder, codec }: Greeted,
): DeviceTalk {
  const { config, clock, logger, metrics, store } = context;
  const send = (frame: Uint8Array): void => {
    outbox.sendAudio(frame);
  };
  return new DeviceTalk({
    conversation,
    outbox,
    mcp,
    metrics,
    uplink: new Uplink(decoder, (samples) => {
      conversation.pushAudio(samples);
    }),
    downlink: new Downlink({ version, codec, clock, send }),
    maxTextLength: config.limits.maxTextLength,
    isWakeWord: wakeWordsOf(config.devices.wakeWords),
    onWords: (words) => {
      heed(words, device.deviceId, store).catch((error: unknown) => {
        logger.warn(
          { conversation: conversation.label, error: String(error) },
          "nothing could be remembered",
        );
      });
    },
  });
}

/** Asks the board what it can do, and tells it where to send its pictures. */
async function meet(
  mcp: DeviceMcp,
  tools: DeviceTools,
  vision: VisionAddress,
  signal: AbortSignal,
): Promise<void> {
  await mcp.initialize(vision, { signal });
  tools.offer(await mcp.listTools({ signal }));
}

/** Those that came last are at the end; who has not come for longest is forgotten. */
function note(lastConversations: Map<string, string>, deviceId: string, conversation: string): void {
  lastConversations.delete(deviceId);
  lastConversations.set(deviceId, conversation);
  const [oldest] = lastConversations.keys();
  if (lastConversations.size > MOST_REMEMBERED_DEVICES && oldest !== undefined)
    lastConversations.delete(oldest);
}
