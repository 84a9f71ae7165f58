import { FakeSpeechSynthesizer } from "../../models/fakes/index.ts";

export interface HeldVoice {
  readonly synthesizer: FakeSpeechSynthesizer;
  /** Lets it speak on. */
  readonly go: () => void;
}

/** A voice that speaks its first clause, and nothing of the next ones before the test lets it. */
export function heldVoice(): HeldVoice {
  let go: () => void = () => undefined;
  const letGo = new Promise<void>((resolve) => (go = resolve));
  const synthesizer = new FakeSpeechSynthesizer();
  const synthesize = synthesizer.synthesize.bind(synthesizer);
  synthesizer.synthesize = async function* (request, options) {
    if (synthesizer.requests.length > 0) await letGo;
    yield* synthesize(request, options);
  };
  return { synthesizer, go };
}
