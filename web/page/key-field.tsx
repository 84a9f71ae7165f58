import { useState } from "preact/hooks";

import type { VoiceClient } from "../client/index.ts";
import { keepKey } from "./api-key.ts";
import type { Say } from "./words.ts";

interface KeyFieldProps {
  readonly client: VoiceClient;
  readonly say: Say;
}

/** Takes a key of the server, for this tab and its next conversation. It is never shown again. */
export function KeyField({ client, say }: KeyFieldProps) {
  const [key, setKey] = useState("");
  const [isKept, setKept] = useState(false);
  const use = (event: Event): void => {
    event.preventDefault();
    keepKey(key.trim(), globalThis.window);
    client.useKey(key.trim() === "" ? undefined : key.trim());
    setKey("");
    setKept(true);
  };
  return (
    <form class="typed key" onSubmit={use}>
      <input
        type="password"
        value={key}
        aria-label={say("apiKey")}
        placeholder={say(isKept ? "apiKeyKept" : "apiKey")}
        autocomplete="off"
        onInput={({ currentTarget }) => {
          setKey(currentTarget.value);
          setKept(false);
        }}
      />
      <button type="submit">{say("useKey")}</button>
    </form>
  );
}
