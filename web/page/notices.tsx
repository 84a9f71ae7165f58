import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { ConversationState, VoiceClient } from "../client/index.ts";
import { errorWords } from "./error-words.ts";
import { KeyField } from "./key-field.tsx";
import type { Preferences } from "./preferences.ts";
import { type Language, refusal, type Say } from "./words.ts";

interface NoticesProps {
  readonly client: VoiceClient;
  readonly say: Say;
  readonly preferences: Preferences;
  /** With what one goes on once a notice has been dealt with. */
  readonly startButton: RefObject<HTMLButtonElement | null>;
}

/** What went wrong, and what to do about it. */
export function Notices(props: NoticesProps) {
  return (
    <>
      <Alerts {...props} />
      <KeyNotice {...props} />
    </>
  );
}

function Alerts({ client, say, preferences }: NoticesProps) {
  const { conversation, microphoneProblem, isLoudspeakerRefused, isSuspended } = client.state;
  const { problem, resumed, link, ignored, nonsense } = conversation;
  return (
    <div class="notices" role="alert">
      {microphoneProblem !== undefined && (
        <div class="notice bad">
          <p>{refusal(say, "mic", microphoneProblem)}</p>
          <button
            type="button"
            onClick={() => void client.useMicrophone(preferences.microphone || undefined)}
          >
            {say("tryAgain")}
          </button>
        </div>
      )}
      {isSuspended && (
        <div class="notice bad">
          <p>{say("suspended")}</p>
          <button
            type="button"
            onClick={() => {
              client.goOn();
            }}
          >
            {say("goOn")}
          </button>
        </div>
      )}
      {isLoudspeakerRefused && <p class="notice bad">{say("loudspeakerRefused")}</p>}
      {problem !== undefined && <Problem problem={problem} say={say} language={preferences.language} />}
      {link === "waiting" && ignored > 0 && <p class="notice bad">{say("nonsense")}</p>}
      {link === "open" && nonsense !== "none" && <p class="notice">{say("garbled")}</p>}
      {link === "open" && resumed !== undefined && (
        <p class="notice">{say(resumed ? "resumed" : "renewed")}</p>
      )}
    </div>
  );
}

/** Asks for a key where the server does; beside the alerts, which are read out as a whole whenever anything in them changes. */
function KeyNotice({ client, say, startButton }: NoticesProps) {
  const { conversation, isStarted } = client.state;
  const [isTaken, setTaken] = useState(false);
  useEffect(() => {
    if (isStarted) setTaken(false);
  }, [isStarted]);
  return (
    <>
      {conversation.problem?.code === "unauthorized" && (
        <KeyField
          client={client}
          say={say}
          onTaken={() => {
            setTaken(true);
            startButton.current?.focus();
          }}
        />
      )}
      <p class="hint" role="status">
        {isTaken && client.hasKey && say("apiKeyKept")}
      </p>
    </>
  );
}

interface ProblemProps {
  readonly problem: NonNullable<ConversationState["problem"]>;
  readonly say: Say;
  readonly language: Language;
}

/** What an error of the server means, and below it what the server itself says, which names files and figures. */
function Problem({ problem: { code, message }, say, language }: ProblemProps) {
  return (
    <p class="notice bad">
      <span>{errorWords(language, code) ?? `${say("error")}:`}</span>
      <small lang="en">
        <bdi>{message}</bdi> (<bdi>{code}</bdi>)
      </small>
    </p>
  );
}
