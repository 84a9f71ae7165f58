import type { IncomingMessage } from "node:http";

import type { RawData, WebSocket } from "ws";

import { AntiphonError, type SessionEvent, toAntiphonError } from "../../../streaming/index.ts";
import { CLOSE, closeCodeOf } from "../../server/close-codes.ts";
import type { Conversation, ConversationListener, Conversations } from "../../server/conversations.ts";
import { InboundLimits } from "../../server/inbound-limits.ts";
import { isSocketAuthorized } from "../authorization.ts";
import type { DialectHost } from "../dialect.ts";
import { askFor } from "./ask-for.ts";
import { type ClientEvent, isPerhapsCancel, readClientEvent } from "./client-events.ts";
import { Dialog } from "./dialog.ts";
import { detailsOf, NO_KEY, RealtimeError, type RealtimeErrorDetails } from "./errors.ts";
import { isBetaRequest, MAX_PAYLOAD_BYTES } from "./handshake.ts";
import { ItemSound } from "./item-sound.ts";
import { Liveness } from "./liveness.ts";
import { OutOfBand } from "./out-of-band.ts";
import { Outbox } from "./outbox.ts";
import type { SharedPlaces } from "./places.ts";
import { conversationSettings, initialConfig, type SessionConfig } from "./session-config.ts";
import { closeSound, openSound, reopenSound, type Sound } from "./sound.ts";
import { toBuffer, WaitingMessages } from "./waiting-messages.ts";

/** Clients send whole recordings at once, and wait for what is made of them. */
const SOUND_BURST_MS = 120_000;
/** Of a long piece of sound, what is decoded at once; others have their turn in between. */
const PIECE_MS = 1000;
/** Messages that are handled before sockets have their turn: until then nothing that is sent leaves. */
const HANDLED_AT_ONCE = 8;

type Append = Extract<ClientEvent, { readonly type: "input_audio_buffer.append" }>;
type Asked = Exclude<ClientEvent, Append>;

interface RealtimeHost extends DialectHost {
  readonly places: SharedPlaces;
}

/** What there is once a conversation is open. */
interface Link extends Sound {
  readonly conversation: Conversation;
  readonly conversations: Conversations;
  readonly dialog: Dialog;
  readonly aside: OutOfBand;
  readonly itemSound: ItemSound;
}

/** One connection of this dialect. Attaches its listeners at once; needs no call after. */
export class RealtimeSocket implements ConversationListener {
  readonly #socket: WebSocket;
  readonly #host: RealtimeHost;
  readonly #outbox: Outbox;
  readonly #limits: InboundLimits;
  readonly #liveness: Liveness;
  readonly #isBeta: boolean;
  #link: Link | undefined;
  #isOver = false;
  #isClosed = false;
  readonly #waiting = new WaitingMessages();
  #isBusy = true;
  /** Lets go on who waits for something to happen in the conversation. */
  #happened: () => void = () => undefined;

  constructor(socket: WebSocket, request: IncomingMessage, host: RealtimeHost) {
    const { limits, apiKeys } = host.config;
    this.#socket = socket;
    this.#host = host;
    this.#isBeta = isBetaRequest(request);
    const { maxBufferedBytes } = limits;
    this.#outbox = new Outbox(socket, { ...host, maxBufferedBytes, isBeta: this.#isBeta });
    const burst = { maxPayloadBytes: MAX_PAYLOAD_BYTES, audioBurstMs: SOUND_BURST_MS };
    this.#limits = new InboundLimits(host.clock, { ...limits, ...burst });
    this.#liveness = new Liveness(socket, limits, () => {
      this.#fail(detailsOf(new AntiphonError("idle-timeout", "nothing came for too long")), CLOSE.normal);
    });
    socket.on("message", (data) => {
      this.#liveness.noteMessage();
      this.#receive(data);
    });
    socket.on("ping", (data) => {
      if (!this.#limitsAdmit(data.length)) return;
      this.#outbox.sendPong(data);
    });
    socket.on("error", (error) => {
      host.logger.debug({ error: error.message }, "socket error");
    });
    socket.on("close", () => {
      this.#close();
    });
    if (isSocketAuthorized(request, apiKeys)) void this.#open(new URL(request.url ?? "", "ws://localhost"));
    else this.#fail(NO_KEY, CLOSE.policyViolation);
  }

  release(error: AntiphonError): void {
    this.#fail(detailsOf(error), closeCodeOf(error.code) ?? CLOSE.goingAway);
  }

  deliver(event: SessionEvent): void {
    if (this.#isOver) return;
    if (event.type === "answer-end") this.#host.metrics.countTurn(event.outcome, event.timings);
    if (event.type === "error") this.#host.metrics.countError(event.code);
    // Its clients show pictures to ask about them, and read what comes of that in the answer.
    if (event.type !== "view") this.#link?.dialog.deliver(event);
    this.#happened();
  }

  async #open({ searchParams }: URL): Promise<void> {
    try {
      const conversations = this.#host.conversations();
      if (conversations === undefined) throw new AntiphonError("not-ready", "the models are still loading");
      const config = initialConfig(this.#host.config, searchParams);
      const giveUpPlace = conversations.reserve(undefined);
      const sound = await openSound(config.audio, conversations.voiceSampleRate).finally(giveUpPlace);
      if (this.#isOver || this.#socket.readyState !== this.#socket.OPEN) {
        closeSound(sound);
        return;
      }
      this.#enter(conversations, config, sound);
      await this.#handleWaiting();
    } catch (error) {
      const failure = toAntiphonError(error);
      this.#fail(detailsOf(failure), closeCodeOf(failure.code) ?? CLOSE.internalError);
    }
  }

  #enter(conversations: Conversations, config: SessionConfig, sound: Sound): void {
    try {
      const settings = conversationSettings(config, this.#host.config);
      const { conversation } = conversations.enter(undefined, settings);
      const send = this.#outbox.send.bind(this.#outbox);
      const current = sound;
      const dialog = new Dialog(
        {
          send,
          conversation,
          serverConfig: this.#host.config,
          sound: () => this.#link?.soundOut ?? current.soundOut,
        },
        config,
      );
      const { items } = dialog;
      const { models, clock, config: serverConfig, places } = this.#host;
      const common = { send, models, config: () => dialog.config };
      const itemSound = new ItemSound({
        ...common,
        items,
        maxTextLength: serverConfig.limits.maxTextLength,
        places: places.hearing,
        admitAudio: this.#limits.admitAudio.bind(this.#limits),
        add: dialog.add.bind(dialog),
      });
      const fill = itemSound.fill.bind(itemSound);
      const aside = new OutOfBand({ ...common, clock, items, serverConfig, places, fill });
      this.#link = { ...sound, conversation, conversations, dialog, aside, itemSound };
      dialog.begin();
      conversation.attach(this);
    } catch (error) {
      closeSound(sound);
      throw error;
    }
  }

  #receive(data: RawData): void {
    if (this.#isOver) return;
    const bytes = toBuffer(data);
    if (!this.#limitsAdmit(bytes.length)) return;
    const json = bytes.toString();
    try {
      if (!this.#cancelsAtOnce(json)) this.#waiting.push({ json, byteLength: bytes.length });
    } catch (error) {
      this.#complain(toAntiphonError(error));
    }
    if (!this.#isBusy) void this.#handleWaiting();
  }

  /** Who wants silence does not wait for what they sent before, as long as there is something to be silent about. */
  #cancelsAtOnce(json: string): boolean {
    const link = this.#link;
    if (link === undefined || !this.#isBusy || !isPerhapsCancel(json)) return false;
    const { event, eventId } = readClientEvent(json, this.#isBeta);
    if (event?.type !== "response.cancel") return false;
    if (link.aside.cancel(event.response_id)) return true;
    // Where one is cancelled already, this one is for the next, which may wait for the end of that.
    const { isCancellable, isCancelling } = link.dialog.responding;
    if (!isCancellable || isCancelling) return false;
    try {
      link.dialog.handle(event);
    } catch (error) {
      this.#tellFault(error, eventId);
    }
    return true;
  }

  #limitsAdmit(byteLength: number): boolean {
    try {
      this.#limits.admitMessage(byteLength);
      return true;
    } catch (error) {
      this.#complain(toAntiphonError(error));
      return false;
    }
  }

  /** One after the other; most are done at once. */
  async #handleWaiting(): Promise<void> {
    this.#isBusy = true;
    let handled = 0;
    for (let json = this.#waiting.shift(); json !== undefined; json = this.#waiting.shift()) {
      const link = this.#link;
      if (this.#isOver || link === undefined) break;
      const read = readClientEvent(json, this.#isBeta);
      try {
        if (read.event === undefined) throw read.error;
        if (read.event.type === "input_audio_buffer.append") await this.#hear(link, read.event);
        else await this.#do(link, read.event);
      } catch (error) {
        this.#tellFault(error, read.eventId);
      }
      handled += 1;
      if (handled % HANDLED_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#isBusy = false;
    if (this.#isClosed && this.#link !== undefined) closeSound(this.#link);
  }

  async #hear({ soundIn, dialog }: Link, { audio }: Append): Promise<void> {
    await this.#until(() => !dialog.awaitsWords);
    const bytes = soundIn.read(audio);
    const durationMs = soundIn.durationMs(bytes.length);
    this.#limits.admitAudio(durationMs);
    const pieceBytes = Math.ceil((bytes.length * PIECE_MS) / Math.max(PIECE_MS, durationMs));
    for (let start = 0; start < bytes.length; start += pieceBytes) {
      if (start > 0) await new Promise((resolve) => setImmediate(resolve));
      if (this.#isOver) return;
      dialog.hear(soundIn.decode(bytes.subarray(start, start + pieceBytes)));
    }
  }

  /** Returns whether the client is still there. */
  async #until(isSo: () => boolean): Promise<boolean> {
    while (!isSo() && !this.#isOver) await new Promise<void>((resolve) => (this.#happened = resolve));
    return !this.#isOver;
  }

  async #do(link: Link, event: Asked): Promise<void> {
    const { dialog } = link;
    const before = dialog.config.audio;
    const until = this.#until.bind(this);
    const isAside = event.type === "response.create" && event.response.conversation === "none";
    // Whatever was said just now belongs to what it is about.
    if (isAside && !(await this.#until(() => !dialog.awaitsWords))) return;
    if (isAside) link.aside.respond(event.response);
    else if (event.type === "conversation.item.create") await link.itemSound.create(event);
    else if (event.type === "response.create") await askFor(event.response, { ...link, until });
    else if (event.type !== "response.cancel" || !link.aside.cancel(event.response_id)) dialog.handle(event);
    await reopenSound(link, before, dialog.config.audio, link.conversations.voiceSampleRate);
  }

  #tellFault(error: unknown, eventId: string | undefined): void {
    if (error instanceof RealtimeError) this.#tell(error.details, eventId);
    else this.#complain(toAntiphonError(error), eventId);
  }

  /** Answers a mistake of the client's; only one who does not stop is shown out. */
  #complain(error: AntiphonError, eventId?: string): void {
    const verdict = error.code === "rate-exceeded" ? this.#limits.judge(error) : "tell";
    if (verdict === "close") this.#fail(detailsOf(error), CLOSE.policyViolation);
    else if (verdict === "tell") {
      this.#host.metrics.countError(error.code);
      this.#tell(detailsOf(error), eventId);
    }
  }

  #tell(details: RealtimeErrorDetails, eventId?: string): void {
    this.#outbox.send({ type: "error", error: { ...details, event_id: eventId ?? null } });
  }

  #fail(details: RealtimeErrorDetails, closeCode: number): void {
    if (this.#isOver) return;
    this.#tell(details);
    this.#isOver = true;
    this.#socket.close(closeCode, details.code);
  }

  /** This dialect knows no way back into a conversation. */
  #close(): void {
    this.#isOver = true;
    this.#isClosed = true;
    this.#happened();
    this.#liveness.stop();
    const link = this.#link;
    if (link === undefined) return;
    link.aside.stop();
    link.itemSound.stop();
    if (!this.#isBusy) closeSound(link);
    if (link.conversation.detach(this)) void link.conversations.end(link.conversation);
  }
}
