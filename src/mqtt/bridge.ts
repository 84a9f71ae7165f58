import { connect, type IClientPublishOptions, type MqttClient } from "mqtt";

import { type SessionOptions, unlessAborted, type VoiceSession } from "../../streaming/index.ts";
import type { Logger } from "../logging.ts";
import type { SessionSource } from "../server/conversations.ts";
import { discoveryPayload, type MqttSettings, topicsOf } from "./discovery.ts";
import { ConversationView, type FinishedAnswer, HOME_STATES, type HomeState } from "./home-view.ts";

const RETRY_MS = 5000;
/** How long the broker has to take the last word. */
const GOODBYE_MS = 2000;

/**
 * Tells a home by MQTT what the server is doing, and is told there to be deaf. The broker may be away: then nothing is
 * told, nothing waits, and all is told anew when it is back.
 */
export class MqttBridge {
  readonly #settings: MqttSettings;
  readonly #logger: Logger;
  readonly #topics: ReturnType<typeof topicsOf>;
  readonly #client: MqttClient;
  readonly #views = new Set<ConversationView>();
  #muted = false;
  #toldState: HomeState | undefined;
  /** Whether the broker was there when it was last heard of; only a change is worth a line. */
  #connected: boolean | undefined;

  /** Connects in the background. */
  constructor(url: string, settings: MqttSettings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
    this.#topics = topicsOf(settings);
    this.#client = connect(url, {
      ...(settings.username !== undefined && { username: settings.username }),
      ...(settings.password !== undefined && { password: settings.password }),
      reconnectPeriod: RETRY_MS,
      queueQoSZero: false,
      will: { topic: this.#topics.availability, payload: Buffer.from("offline"), qos: 1, retain: true },
    });
    this.#client.on("connect", () => {
      this.#greet();
    });
    this.#client.on("error", (error) => {
      this.#lost(error.message);
    });
    this.#client.on("close", () => {
      this.#lost("no connection");
    });
    this.#client.on("message", (topic, payload) => {
      this.#take(topic, payload);
    });
  }

  /** The same conversations, which are told of, and hear silence while they are muted. */
  watch(source: SessionSource): SessionSource {
    return { ...source, openSession: (options) => this.#watched(source.openSession(options), options) };
  }

  /** Says goodbye to the broker, if it is there. One that is left without a word would tell the home a second time. */
  async close(): Promise<void> {
    if (this.#client.connected)
      await unlessAborted(this.#sayGoodbye(), AbortSignal.timeout(GOODBYE_MS)).catch(() => undefined);
    await this.#client.endAsync(true);
    // One that is ending politely takes no force: a broker that does not hang up would keep the process alive.
    this.#client.stream.destroy();
  }

  async #sayGoodbye(): Promise<void> {
    await this.#client.publishAsync(this.#topics.availability, "offline", { qos: 1, retain: true });
    await this.#client.endAsync();
  }

  #watched(session: VoiceSession, options: SessionOptions): VoiceSession {
    const view = new ConversationView();
    view.configure(options);
    this.#views.add(view);
    this.#tellCount();
    const note = (event: Parameters<ConversationView["note"]>[0]): void => {
      const finished = view.note(event);
      if (finished !== undefined) this.#tellAnswer(finished);
      this.#tellState();
    };
    return {
      push: (input) => {
        if (input.type === "configure") view.configure(input.settings);
        const deaf = this.#muted && input.type === "audio";
        session.push(deaf ? { type: "audio", samples: new Float32Array(input.samples.length) } : input);
      },
      ...(session.see !== undefined && {
        see: (picture) => {
          session.see?.(picture);
        },
      }),
      async *events(options) {
        for await (const event of session.events(options)) {
          note(event);
          yield event;
        }
      },
      close: async () => {
        this.#views.delete(view);
        this.#tellCount();
        this.#tellState();
        await session.close();
      },
    };
  }

  /** The broker is there: what can be done here, and how everything stands. */
  #greet(): void {
    if (this.#connected !== true) this.#logger.info("MQTT broker connected");
    this.#connected = true;
    const { muteCommand, homeStatus } = this.#topics;
    this.#client.subscribe([muteCommand, homeStatus], { qos: 1 }, (error) => {
      if (error instanceof Error)
        this.#logger.warn({ error: error.message }, "MQTT broker lets nothing be subscribed");
    });
    this.#tellAll();
  }

  #tellAll(): void {
    this.#publish(this.#topics.discovery, JSON.stringify(discoveryPayload(this.#settings)));
    this.#publish(this.#topics.availability, "online");
    this.#publish(this.#topics.mute, this.#muted ? "ON" : "OFF");
    this.#tellCount();
    this.#toldState = undefined;
    this.#tellState();
  }

  #lost(reason: string): void {
    if (this.#connected === false) return;
    this.#connected = false;
    this.#logger.warn({ reason }, "MQTT broker is away; trying again");
  }

  #take(topic: string, payload: Buffer): void {
    const word = payload.length <= 16 ? payload.toString() : "";
    if (topic === this.#topics.homeStatus && word === "online") this.#tellAll();
    if (topic !== this.#topics.muteCommand || (word !== "ON" && word !== "OFF")) return;
    this.#muted = word === "ON";
    this.#publish(this.#topics.mute, word);
  }

  #tellCount(): void {
    this.#publish(this.#topics.conversations, `${this.#views.size}`);
  }

  #tellState(): void {
    const states = new Set([...this.#views].map(({ state }) => state));
    const state = HOME_STATES.find((candidate) => states.has(candidate)) ?? "idle";
    if (state === this.#toldState) return;
    this.#toldState = state;
    this.#publish(this.#topics.state, state);
  }

  #tellAnswer({ times, exchange }: FinishedAnswer): void {
    this.#publish(this.#topics.times, JSON.stringify(times), { retain: false });
    // What people say is kept by nobody who is not there to hear it.
    if (this.#settings.transcripts)
      this.#publish(this.#topics.transcript, JSON.stringify(exchange), { retain: false });
  }

  /** Nothing waits for a broker that is away. */
  #publish(topic: string, payload: string, options: IClientPublishOptions = { retain: true }): void {
    if (!this.#client.connected) return;
    this.#client.publish(topic, payload, { qos: 1, ...options }, (error) => {
      if (error instanceof Error) this.#logger.debug({ error: error.message }, "not told by MQTT");
    });
  }
}

/** The bridge that the settings ask for, if they do. */
export function openMqttBridge(settings: MqttSettings, logger: Logger): MqttBridge | undefined {
  return settings.url === undefined ? undefined : new MqttBridge(settings.url, settings, logger);
}
