import { useEffect, useRef, useState } from "preact/hooks";

import type { VoiceClient } from "../client/index.ts";
import { keepKey } from "./api-key.ts";
import type { Say } from "./words.ts";

interface KeyFieldProps {
  readonly client: VoiceClient;
  readonly say: Say;
  /** After a key was taken. @default the field keeps the focus */
  readonly onTaken?: () => void;
}

/** Takes a key of the server, for this tab and its next conversation, or forgets it. It is never shown again. */
export function KeyField({ client, say, onTaken }: KeyFieldProps) {
  const [typed, setTyped] = useState("");
  const [isFresh, setFresh] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const key = typed.trim();
  const { generation } = client.state.conversation;
  useEffect(() => {
    // The next conversation has come.
    setFresh(false);
  }, [generation]);
  const use = (taken: string | undefined): void => {
    keepKey(taken ?? "", globalThis.window);
    client.useKey(taken);
    setTyped("");
    setFresh(true);
    // The button that was pressed is disabled or gone by now.
    if (taken === undefined || onTaken === undefined) field.current?.focus();
    else onTaken();
  };
  return (
    <div class="key">
      <form
        class="typed"
        onSubmit={(event) => {
          event.preventDefault();
          if (key !== "") use(key);
        }}
      >
        <input
          ref={field}
          type="password"
          value={typed}
          aria-label={say("apiKey")}
          placeholder={say("apiKey")}
          autocomplete="off"
          onInput={({ currentTarget }) => {
            setTyped(currentTarget.value);
            setFresh(false);
          }}
        />
        <button type="submit" disabled={key === ""}>
          {say("useKey")}
        </button>
        {client.hasKey && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              use(undefined);
            }}
          >
            {say("forgetKey")}
          </button>
        )}
      </form>
      <p class="hint" role="status">
        {say(keyWord(client.hasKey, isFresh))}
      </p>
    </div>
  );
}

function keyWord(
  hasKey: boolean,
  isFresh: boolean,
): "apiKeyKept" | "apiKeyForgotten" | "apiKeyHeld" | "noApiKey" {
  if (isFresh) return hasKey ? "apiKeyKept" : "apiKeyForgotten";
  return hasKey ? "apiKeyHeld" : "noApiKey";
}
