import type { Camera, VoiceClient } from "../client/index.ts";
import type { Draft } from "./draft.ts";

/**
 * Does what follows from the conversation for pictures and typed text, by its changes and not by what is drawn of them: in a
 * tab that nobody looks at nothing is drawn.
 */
export function followConversation(
  client: Pick<VoiceClient, "state" | "subscribe">,
  camera: Pick<Camera, "leave" | "hurry" | "recognise">,
  draft: Pick<Draft, "follow">,
): void {
  let { state } = client;
  client.subscribe(() => {
    const [before, now] = [state, client.state];
    // Ahead of the deeds, of which some change the conversation in turn.
    state = now;
    const { link, view } = now.conversation;
    // A call also ends by itself, where the server refuses the key: nobody looks any more.
    if (before.isStarted && !now.isStarted) camera.leave();
    if (link === "open" && before.conversation.link !== "open") camera.hurry();
    if (view !== undefined && view !== before.conversation.view) camera.recognise(view);
    draft.follow();
  });
}
