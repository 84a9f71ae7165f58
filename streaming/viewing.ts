import type { Clock } from "./clock.ts";
import type { CallOptions } from "./contracts.ts";
import type { AntiphonError } from "./errors.ts";
import type { InView } from "./monitor/index.ts";
import { Look } from "./look.ts";
import { NOTHING_SEEN } from "./seen.ts";
import type { Seen, SeenPicture } from "./seen.ts";
import type { ReadLine, ReadRequest, Sight, TextReader } from "./sight-contracts.ts";
import { Camera } from "./sight.ts";
import type { CapturedPicture, SeenFrame, SightModels, Unseen, View } from "./sight.ts";
import { askedNotes, asksToRead, inViewOf, namesOf, sightParts, viewOf } from "./sight-words.ts";
import { within } from "./time-limit.ts";

export interface ViewingObserver {
  readonly isSpeaking: () => boolean;
  /** This is in view, or was for the last question: what it costs to know it can be spent before the next one. */
  readonly onSeen: (seen: Seen) => void;
  /** What a picture shows, for who sent it. */
  readonly onView: (view: ReturnType<typeof viewOf>) => void;
  readonly onError: (error: AntiphonError) => void;
}

/** A question waits no longer for a picture that has just come in, or for what is printed in it. */
const LOOK_PATIENCE_MS = 400;
/** Who writes shows pictures on purpose: the first one may have to wait until the eyes are loaded. */
const WRITTEN_LOOK_PATIENCE_MS = 10_000;
/** What is printed is waited for where somebody asks to have it read; else it is told where it is known by then. */
const READ_PATIENCE_MS = { asked: 3000, ahead: 100 } as const;

/** Lines this high, as a part of the picture, are meant to be read; smaller ones only where somebody asks. */
const LARGE_PRINT = 0.05;
/** As much as this of a side, in pixels, is read of a picture with all that is printed in it; of a larger one the large print. */
const READ_WHOLE = 960;

const ASKS_TO_SEE =
  /\b(?:see|look|looks|looking|camera|holding|wearing|show|showing|picture|in front of|in view|in my hand|read this)\b/iu;
const UNSEEN: Readonly<Record<Unseen["type"], string>> = {
  "no-camera": "[the camera is off: nothing can be seen]",
  "not-known": "[the camera is on, but what it shows is not known yet]",
};

/** What is printed in a frame, as soon as it is known. */
interface Reading {
  readonly lines: Promise<readonly ReadLine[]>;
  readonly urgency: ReadRequest["urgency"];
  isOver: boolean;
}

/** The camera of a conversation, in words and vectors for its language model. */
export class Viewing {
  readonly #observer: ViewingObserver;
  readonly #camera: Camera;
  readonly #sight: Sight;
  readonly #reader: TextReader;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  /** Frames of different conversations are told apart by their names. */
  readonly #name = crypto.randomUUID();
  /** Whether the language model was shown a picture, which it would take for what is in view. */
  #hasShown = false;
  /** What is printed in the frames that were read: at first sight, and closely. */
  readonly #print = { ahead: new WeakMap<SeenFrame, Reading>(), asked: new WeakMap<SeenFrame, Reading>() };
  /** Stops what is being read unasked. */
  #readingAhead = new AbortController();

  constructor(models: SightModels, clock: Clock, observer: ViewingObserver) {
    this.#observer = observer;
    this.#clock = clock;
    this.#sight = models.sight;
    this.#reader = models.reader;
    this.#camera = new Camera(models, {
      ...observer,
      onLooked: (frame, sighting) => {
        observer.onView(viewOf(frame, sighting));
      },
      onSighting: (frame, sighting) => {
        const view: View = { type: "current", frame, sighting, ageMs: 0, isAttached: frame.isAttached };
        observer.onSeen(this.#describe(view, []));
        // Reading takes a core: not while somebody is to be listened to.
        if (!observer.isSpeaking()) void this.read(frame, "ahead").catch(() => undefined);
      },
    });
  }

  /** Takes a picture that was captured at a time of the conversation's clock. */
  push(picture: Omit<CapturedPicture, "atMs">, atMs: number): void {
    this.#camera.push({ ...picture, atMs });
  }

  /**
   * Begins to look at what was in view at a time of the past; what is seen can be told once it is known what is asked about it.
   * Its look rejects only with `signal.reason`.
   */
  look(atMs: number, options: CallOptions, patienceMs?: number): (text: string) => Look {
    const looking = this.at(atMs, options, patienceMs);
    looking.catch(() => undefined); // perhaps nobody asks
    return (text) =>
      new Look(text, async () => {
        const seen = await this.describe(await looking, text, options);
        this.#observer.onSeen(seen);
        return seen;
      });
  }

  /** The same for what is typed at that time. */
  typed(text: string, atMs: number, options: CallOptions): Look {
    return this.look(atMs, options, WRITTEN_LOOK_PATIENCE_MS)(text);
  }

  /** What was in view at a time of the past, waited for as long as is said. Rejects only with `signal.reason`: without sight a question is still one. */
  async at(atMs: number, { signal }: CallOptions, patienceMs = LOOK_PATIENCE_MS): Promise<View> {
    try {
      return await within(patienceMs, this.#clock, signal, (limited) =>
        this.#camera.inViewAt(atMs, { signal: limited }),
      );
    } catch {
      signal.throwIfAborted();
      return { type: this.#camera.isOn(atMs) ? "not-known" : "no-camera" };
    }
  }

  /** What is known by now of what was in view at a time of the past, for the monitor: nothing is looked at for it. */
  known(atMs: number): InView | undefined {
    const sighting = this.#camera.knownAt(atMs);
    return sighting && inViewOf(sighting);
  }

  /** A view for the language model that is asked `question` about it. Rejects only with `signal.reason`. */
  async describe(view: View, question: string, { signal }: CallOptions): Promise<Seen> {
    if (!("frame" in view)) {
      const isTold = ASKS_TO_SEE.test(question) || (view.type === "not-known" && this.#hasShown);
      return isTold ? [{ type: "text", text: UNSEEN[view.type] }] : NOTHING_SEEN;
    }
    const isAsked = asksToRead(question);
    if (!isAsked && !this.#print.ahead.has(view.frame)) return this.#describe(view, [], question);
    const lines = await this.#printIn(view.frame, isAsked ? "asked" : "ahead", signal);
    const wanted = isAsked ? lines : lines.filter(({ height }) => height >= LARGE_PRINT);
    return this.#describe(view, wanted, question);
  }

  /** What is printed in a frame, as far as it is known soon enough. Rejects only with `signal.reason`. */
  async #printIn(
    frame: SeenFrame,
    urgency: ReadRequest["urgency"],
    signal: AbortSignal,
  ): Promise<readonly ReadLine[]> {
    const patienceMs = READ_PATIENCE_MS[urgency];
    try {
      return await within(patienceMs, this.#clock, signal, () => this.read(frame, urgency));
    } catch {
      signal.throwIfAborted();
      return urgency === "asked" && isLarge(frame) ? await this.#printIn(frame, "ahead", signal) : [];
    }
  }

  /**
   * What is printed in a frame, each read once; where somebody asks for it, a large one is read once more, closely, with
   * its small print. Rejects where that fails.
   */
  async read(frame: SeenFrame, urgency: ReadRequest["urgency"]): Promise<readonly ReadLine[]> {
    const isClose = urgency === "asked" && isLarge(frame);
    const print = this.#print[isClose ? "asked" : "ahead"];
    const known = print.get(frame);
    // Who asks does not wait for what is done when nobody needs the core.
    if (known !== undefined && (known.isOver || known.urgency === "asked" || urgency === "ahead"))
      return await known.lines;
    if (urgency === "ahead") {
      this.#readingAhead.abort(new DOMException("something else came into view", "AbortError"));
      this.#readingAhead = new AbortController();
    }
    const { picture } = frame;
    const ending = urgency === "ahead" ? [this.#readingAhead.signal] : [];
    const signal = AbortSignal.any([this.#closing.signal, ...ending]);
    const lines = this.#reader.read({ picture, urgency, isClose }, { signal });
    const reading: Reading = { lines, urgency, isOver: false };
    print.set(frame, reading);
    try {
      const found = await lines;
      reading.isOver = true;
      return found;
    } catch (error) {
      if (print.get(frame) === reading) print.delete(frame); // what could not be read may be tried again
      throw error;
    }
  }

  forget(): void {
    this.#camera.forget();
  }

  close(): void {
    this.#closing.abort(new DOMException("the conversation is closed", "AbortError"));
    this.#camera.close();
  }

  #describe(view: Exclude<View, Unseen>, lines: readonly ReadLine[], question = ""): Seen {
    const { frame, sighting, ageMs, isAttached } = view;
    this.#hasShown = true;
    const picture: SeenPicture = {
      type: "frame",
      id: `${this.#name}/${frame.number}`,
      embeddings: sighting.tokens,
      jpeg: frame.bytes,
      names: namesOf(sighting),
      isAttached,
    };
    const stale =
      view.type === "stale" ? [`[the camera stopped ${Math.round(ageMs / 1000)} seconds ago]`] : [];
    const asked = askedNotes({ picture: frame.picture, sighting, question }, this.#sight);
    return sightParts(picture, sighting, { lines, notes: stale, asked, question });
  }
}

function isLarge({ picture: { width, height } }: SeenFrame): boolean {
  return Math.max(width, height) > READ_WHOLE;
}
