import type { VoiceClient } from "../client/index.ts";
import { saveRecording, saveTranscript } from "./downloads.ts";
import type { Say } from "./words.ts";

interface KeepProps {
  readonly client: VoiceClient;
  readonly say: Say;
}

/** What one can take along of a conversation. */
export function Keep({ client, say }: KeepProps) {
  const { isRecording, conversation } = client.state;
  return (
    <section class="card">
      <h2>{say("keep")}</h2>
      <div class="row">
        <button
          type="button"
          aria-pressed={isRecording}
          onClick={() => {
            client.setRecording(!isRecording);
          }}
        >
          {say("recordToggle")}
        </button>
        <button
          type="button"
          onClick={() => {
            saveRecording(client.recording);
          }}
        >
          {say("saveRecording")}
        </button>
        <button
          type="button"
          onClick={() => {
            saveTranscript(conversation.turns, say);
          }}
        >
          {say("saveTranscript")}
        </button>
      </div>
    </section>
  );
}
