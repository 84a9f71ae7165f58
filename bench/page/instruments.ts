/** What the benches and the tests of the page put into it, beside its own scripts. */
export interface Instruments {
  /** Plays a recording into the microphone and waits until it is over. */
  readonly speak: (wav: number[]) => Promise<void>;
  /** Root mean square of the last 5 ms that went to the loudspeaker. */
  readonly outputLevel: () => number;
  /** Milliseconds from now until the loudspeaker has been silent for 100 ms. */
  readonly untilSilent: () => Promise<number>;
  /** The same from where a recording begins to sound, `onsetMs` after its start, as long as it is spoken. */
  readonly untilSilenced: (wav: number[], onsetMs: number) => Promise<number>;
}

declare global {
  var instruments: Instruments;
  /** How long each task took that kept the page's thread for more than 50 ms. */
  var longTasksMs: number[];
  /** What the page hears, where it does not hear the browser's microphone. */
  var microphone: Microphone | undefined;
}

/** As much of a browser as is used below; benches are compiled without its types. */
interface Browser {
  readonly isSecureContext: boolean;
  readonly navigator: {
    readonly mediaDevices: { getUserMedia: (constraints?: { readonly audio?: unknown }) => Promise<unknown> };
  };
  readonly AudioNode: { readonly prototype: Node };
  readonly AudioContext: new () => Context;
  readonly AnalyserNode: new (context: Context, options: { readonly fftSize: number }) => Analyser;
  readonly AudioBufferSourceNode: new (
    context: Context,
    options: { readonly buffer: unknown; readonly loop?: boolean },
  ) => Source;
}
type Microphone = Node & { readonly stream: { readonly clone: () => unknown } };
interface Node {
  readonly context: Context;
  readonly numberOfInputs: number;
  connect: (...parameters: unknown[]) => unknown;
}
interface Context {
  readonly destination: Node;
  readonly sampleRate: number;
  readonly createMediaStreamDestination: () => Microphone;
  readonly createBuffer: (
    channels: number,
    length: number,
    sampleRate: number,
  ) => { readonly getChannelData: (channel: number) => Float32Array };
  readonly decodeAudioData: (bytes: ArrayBuffer) => Promise<unknown>;
}
interface Analyser extends Node {
  readonly fftSize: number;
  readonly getFloatTimeDomainData: (samples: Float32Array) => void;
}
interface Source extends Node {
  readonly start: () => void;
  onended: (event: unknown) => void;
}

/** Runs in the page before its own scripts: from now on a microphone hears what `speak` says. Sent as text; needs nothing else. */
export function replaceMicrophone(): void {
  const browser = globalThis as unknown as Browser;
  if (!browser.isSecureContext) return; // the empty page that comes first
  const devices = browser.navigator.mediaDevices;
  const original = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    if (constraints?.audio === undefined) return await original(constraints);
    globalThis.microphone ??= open();
    return globalThis.microphone.stream.clone();
  };
  // Like every microphone it hears something: noise at −75 dBFS.
  const open = (): Microphone => {
    const context = new browser.AudioContext();
    const microphone = context.createMediaStreamDestination();
    const buffer = context.createBuffer(1, context.sampleRate, context.sampleRate);
    const noise = buffer.getChannelData(0);
    for (let index = 0; index < noise.length; index++) noise[index] = 0.0003 * (2 * Math.random() - 1);
    const source = new browser.AudioBufferSourceNode(context, { buffer, loop: true });
    source.connect(microphone);
    source.start();
    return microphone;
  };
}

/** Runs in the page before its own scripts: listens to what goes to the loudspeaker. Sent as text; needs nothing else. */
export function instrument(): void {
  const browser = globalThis as unknown as Browser;
  if (!browser.isSecureContext) return; // the empty page that comes first
  let tap: Analyser | undefined;
  const nodes = browser.AudioNode.prototype;
  const connect = Reflect.get(nodes, "connect");
  nodes.connect = function (this: Node, ...parameters) {
    if (parameters[0] === this.context.destination && this.numberOfInputs === 0) {
      tap = new browser.AnalyserNode(this.context, { fftSize: 256 });
      connect.call(this, tap);
    }
    return connect.apply(this, parameters);
  };
  const outputLevel = (): number => {
    if (tap === undefined) return 0;
    const samples = new Float32Array(tap.fftSize);
    tap.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  };
  const isSounding = (): boolean => outputLevel() > 0.001;
  const moment = async (): Promise<unknown> => await new Promise((resolve) => setTimeout(resolve, 5));
  const begin = async (wav: number[]): Promise<{ over: boolean }> => {
    const { microphone } = globalThis;
    if (microphone === undefined) throw new Error("the page has not opened its microphone");
    const { context } = microphone;
    const buffer = await context.decodeAudioData(new Uint8Array(wav).buffer);
    const source = new browser.AudioBufferSourceNode(context, { buffer });
    const speech = { over: false };
    source.onended = () => (speech.over = true);
    source.connect(microphone);
    source.start();
    return speech;
  };
  globalThis.instruments = {
    outputLevel,
    speak: async (wav) => {
      const speech = await begin(wav);
      while (!speech.over) await moment();
    },
    untilSilent: async () => {
      const startMs = performance.now();
      let silentSinceMs = startMs;
      while (performance.now() - silentSinceMs < 100) {
        if (isSounding()) silentSinceMs = performance.now();
        await moment();
      }
      return silentSinceMs - startMs;
    },
    untilSilenced: async (wav, onsetMs) => {
      const speech = await begin(wav);
      const onset = performance.now() + onsetMs;
      let soundedMs = onset;
      while (!speech.over) {
        if (isSounding()) soundedMs = performance.now();
        await moment();
      }
      return soundedMs - onset;
    },
  };
}

/** Runs in the page before its own scripts: notes the tasks that take long. Sent as text; needs nothing else. */
export function noteLongTasks(): void {
  globalThis.longTasksMs = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.longTasksMs.push(duration);
  });
  observer.observe({ type: "longtask" as "function" }); // Node knows other types
}
