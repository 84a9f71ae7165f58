import type { Mode, VoiceClient } from "../client/index.ts";
import type { Preferences } from "./preferences.ts";
import type { Say } from "./words.ts";

const MODES: readonly Mode[] = ["hands-free", "push-to-talk", "patient"];

interface ControlsProps {
  readonly client: VoiceClient;
  readonly say: Say;
  readonly preferences: Preferences;
  readonly change: (changes: Partial<Preferences>) => void;
}

/** What one does while talking: mute, silence it, choose how turns are taken. */
export function Controls({ client, say, preferences, change }: ControlsProps) {
  const { isMuted } = client.state;
  return (
    <div class="controls">
      <div class="row">
        <button
          type="button"
          aria-pressed={isMuted}
          onClick={() => {
            client.setMuted(!isMuted);
          }}
        >
          {say("mute")}
        </button>
        <StopButton client={client} say={say} />
      </div>
      <fieldset class="modes">
        <legend class="unseen">{say("mode")}</legend>
        {MODES.map((mode) => (
          <label key={mode}>
            <input
              type="radio"
              name="mode"
              checked={preferences.mode === mode}
              onChange={() => {
                change({ mode });
              }}
            />
            <span>{say(mode)}</span>
          </label>
        ))}
      </fieldset>
      {preferences.mode === "push-to-talk" && <TalkButton client={client} say={say} />}
    </div>
  );
}

/** What one does while it writes. */
export function WritingControls(props: Pick<ControlsProps, "client" | "say">) {
  return (
    <div class="controls">
      <StopButton {...props} />
    </div>
  );
}

/** Silences it, or has it write no more. */
function StopButton({ client, say }: Pick<ControlsProps, "client" | "say">) {
  const { isAudible, isWritten, conversation } = client.state;
  return (
    <button
      type="button"
      class="stop"
      disabled={!isAudible && conversation.answering === undefined}
      onClick={() => {
        client.interrupt();
      }}
    >
      {say(isWritten ? "stopWriting" : "stopSpeaking")}
    </button>
  );
}

function TalkButton({ client, say }: Pick<ControlsProps, "client" | "say">) {
  const talk = (isTalking: boolean) => () => {
    client.setTalking(isTalking);
  };
  const byKey = (isTalking: boolean) => (event: KeyboardEvent) => {
    if (event.code !== "Space" && event.code !== "Enter") return;
    event.preventDefault();
    client.setTalking(isTalking);
  };
  return (
    <button
      type="button"
      class="big talk-button"
      aria-pressed={client.state.isTalking}
      onPointerDown={talk(true)}
      onPointerUp={talk(false)}
      onPointerLeave={talk(false)}
      onKeyDown={byKey(true)}
      onKeyUp={byKey(false)}
      onBlur={talk(false)}
    >
      {say("holdToTalk")}
    </button>
  );
}
