import { Sound, type SoundListener, type WorkletUrls } from "./sound.ts";

/** The one sound of a client: opened when it is needed first, closed when the call is over. */
export class OneSound {
  readonly #worklets: WorkletUrls;
  readonly #listener: SoundListener;
  #sound: Sound | undefined;
  #call = 0;

  constructor(worklets: WorkletUrls, listener: SoundListener) {
    this.#worklets = worklets;
    this.#listener = listener;
  }

  /** Undefined until it is open. */
  get current(): Sound | undefined {
    return this.#sound;
  }

  /** Counts who hung up: what the browser grants later than that is nobody's. */
  get call(): number {
    return this.#call;
  }

  /** Undefined where the browser has no sound for this page, or where it was closed meanwhile. */
  async open(): Promise<Sound | undefined> {
    if (this.#sound !== undefined) return this.#sound;
    const call = this.#call;
    const sound = await Sound.open(this.#worklets, this.#listener).catch(() => undefined);
    if (call === this.#call) return this.#keep(sound);
    await sound?.close();
    return undefined;
  }

  async close(): Promise<void> {
    const sound = this.#sound;
    this.#sound = undefined;
    this.#call += 1;
    await sound?.close();
  }

  /** Where the browser was asked twice at a time, the first one stays. */
  #keep(sound: Sound | undefined): Sound | undefined {
    if (this.#sound === undefined) this.#sound = sound;
    else void sound?.close();
    return this.#sound;
  }
}
