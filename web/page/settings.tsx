import { useRef } from "preact/hooks";

import type { Camera, VoiceClient } from "../client/index.ts";
import { Choice } from "./choice.tsx";
import { Devices } from "./devices.tsx";
import { Facts } from "./facts.tsx";
import { KeyField } from "./key-field.tsx";
import { Models } from "./models-view.tsx";
import { LONGEST_PROMPT, type Preferences, SPEEDS } from "./preferences.ts";
import type { Say } from "./words.ts";

interface SettingsProps {
  readonly client: VoiceClient;
  readonly camera: Camera;
  readonly say: Say;
  readonly preferences: Preferences;
  readonly change: (changes: Partial<Preferences>) => void;
}

/** A button, and the dialog behind it: how the assistant is, devices, language, colours, and what runs. */
export function Settings(props: SettingsProps) {
  const { client, say } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        {say("settings")}
      </button>
      <dialog ref={dialog} aria-labelledby="settings-title">
        <div class="dialog-head">
          <h2 id="settings-title">{say("settings")}</h2>
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            {say("close")}
          </button>
        </div>
        <h3>{say("assistant")}</h3>
        <Manner {...props} />
        <Models models={client.state.conversation.server.models} say={say} />
        <h3>{say("devices")}</h3>
        <Devices {...props} />
        <h3>{say("page")}</h3>
        <Look {...props} />
        <p class="hint">{say("apiKeyHint")}</p>
        <KeyField client={client} say={say} />
        <h3>{say("facts")}</h3>
        <Facts client={client} say={say} />
      </dialog>
    </>
  );
}

/** How the assistant is to be; it takes effect with the next answer. */
function Manner({ say, preferences, change }: SettingsProps) {
  const speed = preferences.speed ?? 1;
  return (
    <>
      <label class="choice tall">
        <span>{say("systemPrompt")}</span>
        <textarea
          rows={3}
          maxLength={LONGEST_PROMPT}
          placeholder={say("systemPromptHint")}
          value={preferences.systemPrompt}
          onInput={({ currentTarget }) => {
            change({ systemPrompt: currentTarget.value });
          }}
        />
      </label>
      <label class="choice">
        <span>{say("speed")}</span>
        <span class="slider">
          <input
            type="range"
            min={SPEEDS.slowest}
            max={SPEEDS.fastest}
            step="0.05"
            value={speed}
            aria-valuetext={`${speed.toFixed(2)} ×`}
            onInput={({ currentTarget }) => {
              change({ speed: currentTarget.valueAsNumber });
            }}
          />
          <span class="value">{speed.toFixed(2)} ×</span>
        </span>
      </label>
    </>
  );
}

function Look({ say, preferences, change }: SettingsProps) {
  return (
    <>
      <Choice
        label={say("language")}
        value={preferences.language}
        choices={[
          ["en", "English"],
          ["zh", "中文"],
        ]}
        onChoose={(language) => {
          change({ language: language === "zh" ? "zh" : "en" });
        }}
      />
      <Choice
        label={say("theme")}
        value={preferences.theme}
        choices={[
          ["auto", say("auto")],
          ["light", say("light")],
          ["dark", say("dark")],
        ]}
        onChoose={(theme) => {
          change({ theme: theme === "light" || theme === "dark" ? theme : "auto" });
        }}
      />
    </>
  );
}
