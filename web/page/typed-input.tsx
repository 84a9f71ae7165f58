import type { ConversationState } from "../client/index.ts";
import type { Draft } from "./draft.ts";
import type { Say } from "./words.ts";

interface TypedInputProps {
  readonly draft: Draft;
  readonly link: ConversationState["link"];
  readonly say: Say;
}

/** Typed questions, equals to spoken ones. Before anybody has started, the first one begins a conversation in writing. */
export function TypedInput({ draft, link, say }: TypedInputProps) {
  const { text, isWaiting, longest } = draft.state;
  return (
    <>
      <form
        class="typed"
        onSubmit={(event) => {
          event.preventDefault();
          draft.submit();
        }}
      >
        <input
          value={text}
          aria-label={say("typeHere")}
          aria-invalid={longest !== undefined}
          placeholder={say("typeHere")}
          autocomplete="off"
          onInput={({ currentTarget }) => {
            draft.edit(currentTarget.value);
          }}
        />
        <button type="submit" class="primary" disabled={isWaiting}>
          {say("send")}
        </button>
      </form>
      {isWaiting && link !== "open" && <p class="hint">{say("willBeSent")}</p>}
      {longest !== undefined && (
        <p class="notice bad" role="alert">
          {say("tooLong")} {text.length} / {longest}
        </p>
      )}
    </>
  );
}
