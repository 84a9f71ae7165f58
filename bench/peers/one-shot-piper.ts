import { readFile } from "node:fs/promises";

import type { PackPaths } from "../../models/packs/index.ts";
import { floatData, floats, NetworkSession, type NetworkTensor } from "../../models/runtime/session.ts";
import type { VoiceFront } from "../../models/vits/front.ts";
import type { VitsNetwork } from "../../models/vits/network.ts";
import { Phonemizer } from "../../models/vits/phonemes.ts";
import { piperFront } from "../../models/vits/piper.ts";
import { utterancesOf } from "../../models/vits/utterances.ts";
import { frameWindows } from "../../models/vits/windows.ts";
import { parseVoiceConfig } from "../../models/vits/voice-config.ts";
import { normalize } from "../../streaming/index.ts";

/** Piper as it is: the uncut network, a whole sentence in one run. Same file, phonemes and session options as ours. */
export class OneShotPiper {
  readonly sampleRate: number;
  readonly #front: VoiceFront;
  readonly #network: NetworkSession;

  private constructor(front: VoiceFront, network: NetworkSession) {
    this.sampleRate = front.sampleRate;
    this.#front = front;
    this.#network = network;
  }

  static async open(paths: PackPaths, threads: number): Promise<OneShotPiper> {
    const config = parseVoiceConfig(await readFile(paths["voice-config"], "utf8"));
    const phonemizer = await Phonemizer.open(config.phonemeVoice);
    const network = await NetworkSession.open(paths.voice, { threads });
    const front = piperFront(config, (words) => phonemizer.phonemize(words), network.inputNames);
    return new OneShotPiper(front, network);
  }

  /** The sound of a text, a sentence after the other. */
  async speak(text: string): Promise<Float32Array[]> {
    const sentences: Float32Array[] = [];
    for (const { words } of utterancesOf(normalize(text))) {
      const { feeds } = await this.#front.prepare(words, 1);
      sentences.push(await this.#run(feeds));
    }
    return sentences;
  }

  /**
   * Largest difference of a sample when `network`, which is the same one cut in two, speaks a sentence in our windows:
   * both without noise, which would make every run another.
   */
  async differenceTo(network: VitsNetwork, text: string): Promise<number> {
    let largest = 0;
    for (const { words } of utterancesOf(normalize(text))) {
      const { feeds: noisy } = await this.#front.prepare(words, 1);
      const feeds = { ...noisy, scales: floats(Float32Array.of(0, 1, 0), [3]) };
      const whole = await this.#run(feeds);
      const latent = await network.encode(feeds);
      for (const { from, to } of frameWindows(latent.frameCount)) {
        const window = await network.decode(latent, from, to);
        const offset = from * network.frameSamples;
        for (const [index, sample] of window.entries())
          largest = Math.max(largest, Math.abs(sample - (whole[offset + index] ?? Number.NaN)));
      }
    }
    return largest;
  }

  async close(): Promise<void> {
    await this.#network.close();
  }

  async #run(feeds: Readonly<Record<string, NetworkTensor>>): Promise<Float32Array> {
    const { output } = await this.#network.run(feeds);
    return floatData(output);
  }
}
