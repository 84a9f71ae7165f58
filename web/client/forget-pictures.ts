import type { Camera } from "./camera.ts";
import type { VoiceClient } from "./voice-client.ts";

/**
 * Has the camera forget what it showed to a conversation as soon as there is another one, which knows nothing of that: what is
 * asked there may be about a picture that has to be sent first. Returns what ends that.
 */
export function forgetPictures(
  client: Pick<VoiceClient, "state" | "subscribe">,
  camera: Pick<Camera, "forget">,
): () => void {
  let known = client.state.conversation.generation;
  return client.subscribe(() => {
    const { generation } = client.state.conversation;
    if (generation === known) return;
    known = generation;
    camera.forget();
  });
}
