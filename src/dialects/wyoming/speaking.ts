import { floatsToPcm16 } from "../../../audio/index.ts";
import { AntiphonError, ClauseSplitter, type SpeechSynthesizer } from "../../../streaming/index.ts";
import type { Outlet } from "./outlet.ts";

/** One request to speak: takes text as it comes, and sends the sound of each clause as soon as the clause is complete. */
export class Speaking {
  readonly #synthesizer: SpeechSynthesizer;
  readonly #outlet: Outlet;
  readonly #settings: {
    readonly speed: number;
    readonly maxTextLength: number;
    readonly signal: AbortSignal;
  };
  readonly #splitter = new ClauseSplitter();
  #textLength = 0;
  #begun = false;
  #sentSamples = 0;

  constructor(
    synthesizer: SpeechSynthesizer,
    outlet: Outlet,
    settings: { readonly speed: number; readonly maxTextLength: number; readonly signal: AbortSignal },
  ) {
    this.#synthesizer = synthesizer;
    this.#outlet = outlet;
    this.#settings = settings;
  }

  /**
   * Speaks what this text completes.
   * @throws AntiphonError `text-too-long`, and what synthesis throws.
   */
  async say(text: string): Promise<void> {
    const { maxTextLength } = this.#settings;
    this.#textLength += text.length;
    if (this.#textLength > maxTextLength) {
      throw new AntiphonError("text-too-long", `the text is longer than ${maxTextLength} characters`);
    }
    for (const clause of this.#splitter.push(cleaned(text))) await this.#speak(clause.text);
  }

  /** Speaks what is left. Sound has a start and a stop even where nothing could be spoken: clients wait for them. */
  async finish(): Promise<void> {
    for (const clause of this.#splitter.flush()) await this.#speak(clause.text);
    await this.#begin();
    await this.#outlet.send("audio-stop", { timestamp: this.#timestamp });
  }

  get #timestamp(): number {
    return Math.round((this.#sentSamples * 1000) / this.#synthesizer.sampleRate);
  }

  get #format(): { rate: number; width: number; channels: number } {
    return { rate: this.#synthesizer.sampleRate, width: 2, channels: 1 };
  }

  async #begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    await this.#outlet.send("audio-start", { ...this.#format, timestamp: 0 });
  }

  async #speak(text: string): Promise<void> {
    await this.#begin();
    const { speed, signal } = this.#settings;
    for await (const { samples } of this.#synthesizer.synthesize({ text, speed }, { signal })) {
      const data = { ...this.#format, timestamp: this.#timestamp };
      this.#sentSamples += samples.length;
      await this.#outlet.send("audio-chunk", data, floatsToPcm16(samples));
    }
  }
}

/** Without control characters and broken surrogates; white space stays, since text comes in pieces. */
function cleaned(text: string): string {
  return text.replace(/[^\P{Cc}\s]|\p{Cs}/gu, " ");
}
