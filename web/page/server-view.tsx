import type { VoiceState } from "../client/index.ts";
import type { Say } from "./words.ts";

interface ServerViewProps {
  readonly server: VoiceState["conversation"]["server"];
  readonly say: Say;
}

/** How far the server is on its way to its first conversation, or why there can be none. */
export function ServerView({ server, say }: ServerViewProps) {
  const { status, loading, down } = server;
  if (status === "ready" || status === "unknown") return null;
  if (status === "unreachable") return <p class="server">{say("unreachable")}</p>;
  if (status === "impaired")
    return (
      <p class="server">
        {say("impaired")} {down?.map(({ worker, state }) => `${worker} (${state})`).join(", ")}
      </p>
    );
  if (loading === undefined) return null;
  const { step, file, doneBytes, totalBytes } = loading;
  return (
    <div class="server">
      <p>
        {say(step)}
        {file !== undefined && <span class="file"> {file}</span>}
      </p>
      {step === "rehearsing" ? (
        <progress aria-label={say(step)} />
      ) : (
        <>
          <progress aria-label={say(step)} value={doneBytes} max={Math.max(1, totalBytes)} />
          <p class="hint">
            {megabytes(doneBytes)} / {megabytes(totalBytes)} MB
          </p>
        </>
      )}
      {step === "fetching" && <p class="hint">{say("fetchingHint")}</p>}
    </div>
  );
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1e6).toLocaleString("en");
}
