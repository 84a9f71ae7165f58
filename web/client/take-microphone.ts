import type { Sound } from "./sound.ts";
import type { VoiceState } from "./voice-state.ts";

/** What the state says after a microphone was asked for. @param sound - undefined where the browser has none. */
export async function takeMicrophone(
  sound: Sound | undefined,
  deviceId: string | undefined,
): Promise<Pick<VoiceState, "microphone" | "microphoneProblem">> {
  if (sound === undefined) return { microphone: undefined, microphoneProblem: "no-sound" };
  try {
    return { microphone: await sound.useMicrophone(deviceId), microphoneProblem: undefined };
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "unsupported";
    return { microphone: undefined, microphoneProblem: name };
  }
}
