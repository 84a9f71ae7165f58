import type { VoiceClient } from "../client/index.ts";
import type { Preferences } from "./preferences.ts";
import { refusal, type Say } from "./words.ts";

interface NoticesProps {
  readonly client: VoiceClient;
  readonly say: Say;
  readonly preferences: Preferences;
}

/** What went wrong, and what to do about it. */
export function Notices({ client, say, preferences }: NoticesProps) {
  const { conversation, microphoneProblem, isLoudspeakerRefused } = client.state;
  const { problem, resumed, link, ignored } = conversation;
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
      {isLoudspeakerRefused && <p class="notice bad">{say("loudspeakerRefused")}</p>}
      {problem?.code === "unauthorized" && <p class="notice bad">{say("unauthorized")}</p>}
      {problem !== undefined && problem.code !== "unauthorized" && (
        <p class="notice bad">
          <span>
            {say("error")}: <bdi>{problem.message}</bdi> (<bdi>{problem.code}</bdi>)
          </span>
        </p>
      )}
      {link === "waiting" && ignored > 0 && <p class="notice bad">{say("nonsense")}</p>}
      {link === "open" && resumed !== undefined && (
        <p class="notice">{say(resumed ? "resumed" : "renewed")}</p>
      )}
    </div>
  );
}
