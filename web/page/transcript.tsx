import { useEffect, useRef } from "preact/hooks";

import type { Turn, VoiceClient } from "../client/index.ts";
import type { Draft } from "./draft.ts";
import { memo } from "./memo.ts";
import { isShown } from "./transcript-text.ts";
import { TypedInput } from "./typed-input.tsx";
import type { Say } from "./words.ts";

interface TranscriptProps {
  readonly client: VoiceClient;
  readonly say: Say;
  readonly turns: readonly Turn[];
  readonly draft: Draft;
}

const NEAR_END_PX = 40;

/** What both have said. Screen readers are told of what is final only, so that they do not talk over the voice. */
export function Transcript({ client, say, turns, draft }: TranscriptProps) {
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    // Who has scrolled up reads something, and is left there.
    if (isAtEnd.current) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [turns]);
  const { isStarted, isWritten } = client.state;
  useEffect(() => {
    // The button that had the focus is gone; Space scrolls or talks from here. Who types goes on typing.
    if (isStarted && !isWritten) list.current?.focus({ preventScroll: true });
  }, [isStarted, isWritten]);
  const shown = turns.filter(isShown);
  return (
    <>
      <div
        class="transcript"
        ref={list}
        tabIndex={0}
        role="region"
        aria-label={say("conversation")}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight <= NEAR_END_PX;
        }}
      >
        {shown.length === 0 && <p class="hint">{say("empty")}</p>}
        {shown.map((turn) => (
          <TurnView key={turn.key} turn={turn} say={say} />
        ))}
      </div>
      <Finals say={say} turns={shown} />
      <TypedInput draft={draft} link={client.state.conversation.link} say={say} />
    </>
  );
}

interface TurnProps {
  readonly turn: Turn;
  readonly say: Say;
}

/** Of a thousand turns one changes with each word that comes; the others are not drawn anew. */
const TurnView = memo(({ turn, say }: TurnProps) => {
  const { text, stableLength, isFinal, isDropped, decision, tools = [], answer } = turn;
  const split = isFinal || isDropped ? text.length : stableLength;
  return (
    <article class="turn">
      {text !== "" && (
        <p class="said user">
          <b>{say("you")}</b>
          <span dir="auto">
            {text.slice(0, split)}
            <span class="tentative">{text.slice(split)}</span>
          </span>
          {decision !== undefined && decision !== "query" && <small class="tag">{say(decision)}</small>}
        </p>
      )}
      {tools.map(({ id, name, outcome }) => (
        <p key={id} class="tool">
          <small class="tag" dir="auto">
            {say("tool")} {name}
            {outcome !== "done" && `: ${say(outcome ?? "toolWorks")}`}
          </small>
        </p>
      ))}
      {answer !== undefined && (
        <p class="said assistant">
          <b>{say("assistant")}</b>
          <span dir="auto">
            {answer.text}
            {answer.unheard !== "" && <del aria-label={say("unheard")}>{answer.unheard}</del>}
          </span>
          {answer.outcome === "interrupted" && <small class="tag">{say("stopped")}</small>}
          {answer.outcome === "failed" && <small class="tag">{say("failed")}</small>}
        </p>
      )}
    </article>
  );
});

/** What is final, for those who listen to the page instead of seeing it. */
function Finals({ say, turns }: Pick<TranscriptProps, "say" | "turns">) {
  const lines = turns
    .slice(-5)
    .flatMap(({ key, text, isFinal, answer }) => [
      ...(isFinal && text !== "" ? [{ id: `${key}u`, line: `${say("you")}: ${text}` }] : []),
      ...(answer?.outcome === undefined
        ? []
        : [{ id: `${key}a`, line: `${say("assistant")}: ${answer.text}` }]),
    ]);
  return (
    <div class="unseen" role="log" aria-live="polite">
      {lines.map(({ id, line }) => (
        <p key={id}>{line}</p>
      ))}
    </div>
  );
}
