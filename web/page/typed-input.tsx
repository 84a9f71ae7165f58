import { useEffect, useState } from "preact/hooks";

import type { VoiceClient } from "../client/index.ts";
import type { Say } from "./words.ts";

interface TypedInputProps {
  readonly client: VoiceClient;
  readonly say: Say;
  /** Whether a picture is on its way that is to go ahead of what is typed. */
  readonly isShowing: boolean;
}

/** Typed questions, equals to spoken ones. Before anybody has started, the first one begins a conversation in writing. */
export function TypedInput({ client, say, isShowing }: TypedInputProps) {
  const [text, setText] = useState("");
  const [isWaiting, setWaiting] = useState(false);
  const { link, limits } = client.state.conversation;
  const send = (event: Event): void => {
    event.preventDefault();
    if (text.trim() === "") return;
    client.startInWriting();
    setWaiting(true);
  };
  useEffect(() => {
    if (!isWaiting) return;
    // Hung up, or sent away: the words stay to be sent again.
    if (link === "closed") setWaiting(false);
    if (link !== "open" || isShowing) return;
    if (text.trim() === "" || client.sendText(text)) {
      setText("");
      setWaiting(false);
    }
  }, [client, isWaiting, link, isShowing, text]);
  return (
    <>
      <form class="typed" onSubmit={send}>
        <input
          value={text}
          maxLength={limits?.maxTextLength}
          aria-label={say("typeHere")}
          placeholder={say("typeHere")}
          autocomplete="off"
          onInput={(event) => {
            setText(event.currentTarget.value);
          }}
        />
        <button type="submit" class="primary" disabled={isWaiting}>
          {say("send")}
        </button>
      </form>
      {isWaiting && link !== "open" && <p class="hint">{say("willBeSent")}</p>}
    </>
  );
}
