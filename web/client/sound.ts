import type { CapturedFrame } from "./capture-messages.ts";
import type { FloorLevel } from "../../src/server/protocol.ts";
import type { PlaybackOrder, PlaybackReport } from "./playback-messages.ts";

/** Addresses of the two built worklets. */
export interface WorkletUrls {
  readonly capture: string;
  readonly playback: string;
}

export interface SoundListener {
  /** 50 times a second. */
  readonly onFrame: (frame: CapturedFrame) => void;
  readonly onReport: (report: PlaybackReport) => void;
  /** The microphone was taken away: unplugged, or forbidden. */
  readonly onMicrophoneLost: () => void;
  /** The browser has stopped all sound of the page, as for a call or behind a locked screen, or lets it go on. */
  readonly onSuspended: (isSuspended: boolean) => void;
}

/** What the browser makes of the microphone, as it says itself. */
export interface MicrophoneSettings {
  readonly deviceId: string | undefined;
  readonly label: string;
  readonly sampleRate: number;
  readonly echoCancellation: string;
}

/** Microphone and loudspeaker of a page in one audio graph; to be opened in a user's gesture. */
export class Sound {
  readonly #context: AudioContext;
  readonly #player: AudioWorkletNode;
  readonly #recorder: AudioWorkletNode;
  readonly #listener: SoundListener;
  #stream: MediaStream | undefined;
  #source: MediaStreamAudioSourceNode | undefined;
  #isClosed = false;
  /** Counts the microphones that were asked for, so that one that is granted late does not replace a later one. */
  #wish = 0;

  private constructor(context: AudioContext, listener: SoundListener) {
    this.#context = context;
    this.#listener = listener;
    this.#player = new AudioWorkletNode(context, "antiphon-playback", {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    this.#recorder = new AudioWorkletNode(context, "antiphon-capture", {
      numberOfInputs: 2,
      outputChannelCount: [1],
      channelCount: 1,
      channelCountMode: "explicit",
    });
    this.#player.connect(context.destination);
    this.#player.connect(this.#recorder, 0, 1);
    // A node that leads nowhere is not run; this one puts out silence.
    this.#recorder.connect(context.destination);
    this.#player.port.onmessage = ({ data }: MessageEvent<PlaybackReport>): void => {
      listener.onReport(data);
    };
    this.#recorder.port.onmessage = ({ data }: MessageEvent<CapturedFrame>): void => {
      listener.onFrame(data);
    };
    context.addEventListener("statechange", () => {
      if (context.state === "closed") return;
      if (context.state !== "running") resume(context);
      listener.onSuspended(context.state !== "running");
    });
  }

  /** Opens the loudspeaker; the microphone is silent until `useMicrophone`. Browsers throw where a part is missing. */
  static async open(worklets: WorkletUrls, listener: SoundListener): Promise<Sound> {
    const context = new AudioContext({ latencyHint: "interactive" });
    resume(context);
    try {
      await Promise.all([
        context.audioWorklet.addModule(worklets.capture),
        context.audioWorklet.addModule(worklets.playback),
      ]);
      return new Sound(context, listener);
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  /**
   * Takes a microphone, in place of the one before; where the browser refuses, that one is off, too.
   * @throws DOMException as `getUserMedia` does, or where all was closed, or another one asked for, while the browser asked.
   */
  async useMicrophone(deviceId: string | undefined): Promise<MicrophoneSettings> {
    this.#wish += 1;
    const wish = this.#wish;
    const stream = await openMicrophone(deviceId).catch((error: unknown) => {
      // Whoever is told that there is no microphone is heard by none.
      if (wish === this.#wish) this.#dropMicrophone();
      throw error;
    });
    if (this.#isClosed || wish !== this.#wish) {
      for (const track of stream.getTracks()) track.stop();
      throw new DOMException("the microphone is not wanted any more", "AbortError");
    }
    this.#dropMicrophone();
    this.#stream = stream;
    try {
      this.#source = this.#context.createMediaStreamSource(stream);
      this.#source.connect(this.#recorder, 0, 0);
    } catch (error) {
      // Firefox cannot join a microphone to a context of another rate, such as after the loudspeaker has changed.
      this.#dropMicrophone();
      throw error;
    }
    const track = stream.getAudioTracks()[0];
    track?.addEventListener("ended", this.#listener.onMicrophoneLost);
    const settings = track?.getSettings();
    return {
      deviceId: settings?.deviceId,
      label: track?.label ?? "",
      sampleRate: settings?.sampleRate ?? this.#context.sampleRate,
      echoCancellation: String(settings?.echoCancellation ?? "unknown"),
    };
  }

  /** Asks the browser to let suspended sound go on; some do so in a user's gesture only. */
  goOn(): void {
    resume(this.#context);
  }

  /** Where the browser lets a page choose (Chromium). */
  async useLoudspeaker(deviceId: string): Promise<void> {
    const context = this.#context as AudioContext & { setSinkId?: (id: string) => Promise<void> };
    await context.setSinkId?.(deviceId);
  }

  /** Takes sound of an answer, at 24 kHz. */
  play(turn: number, samples: Float32Array): void {
    const own = new Float32Array(samples);
    this.#order({ type: "sound", turn, samples: own }, [own.buffer]);
  }

  finish(): void {
    this.#order({ type: "finish" });
  }

  /** Silence, within one quantum and a fade of 5 ms. */
  reset(): void {
    this.#order({ type: "reset" });
  }

  /** As `reset`; what was played belongs to a conversation that is over and is counted no more. */
  forget(): void {
    this.#order({ type: "forget" });
  }

  setFloor(level: FloorLevel): void {
    this.#order({ type: "floor", level });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#dropMicrophone();
    await this.#context.close();
  }

  #dropMicrophone(): void {
    this.#source?.disconnect();
    for (const track of this.#stream?.getTracks() ?? []) {
      track.removeEventListener("ended", this.#listener.onMicrophoneLost);
      track.stop();
    }
    this.#stream = undefined;
    this.#source = undefined;
  }

  #order(order: PlaybackOrder, transfer: Transferable[] = []): void {
    this.#player.port.postMessage(order, transfer);
  }
}

/** A browser may refuse it, such as during a phone call; the next change of the context's state tries again. */
function resume(context: AudioContext): void {
  context.resume().catch(() => undefined);
}

/** Echo cancellation of all that this machine plays where the browser knows it, of calls otherwise. */
async function openMicrophone(deviceId: string | undefined): Promise<MediaStream> {
  const audio = (echoCancellation: unknown): MediaTrackConstraints => ({
    channelCount: 1,
    echoCancellation: echoCancellation as boolean,
    noiseSuppression: true,
    autoGainControl: true,
    ...(deviceId === undefined ? {} : { deviceId: { ideal: deviceId } }),
  });
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: audio("all") });
  } catch (error) {
    if (error instanceof TypeError) return await navigator.mediaDevices.getUserMedia({ audio: audio(true) });
    throw error;
  }
}
