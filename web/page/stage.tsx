import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Status, VoiceClient, VoiceState } from "../client/index.ts";
import { ServerView } from "./server-view.tsx";
import type { Preferences } from "./preferences.ts";
import type { Say } from "./words.ts";

interface StageProps {
  readonly client: VoiceClient;
  readonly say: Say;
  readonly status: Status;
  readonly preferences: Preferences;
  readonly startButton: RefObject<HTMLButtonElement | null>;
}

/** Nobody talks, and perhaps because of the server. */
const SERVER_MATTERS = new Set<Status>(["off", "loading", "reconnecting"]);

/** One big sign of what is going on: two rings that move with both voices, and a word. */
export function Stage({ client, say, status, preferences, startButton }: StageProps) {
  const rings = useRef<HTMLDivElement>(null);
  useLevels(client, rings, client.state.isStarted && !client.state.isWritten);
  const { server } = client.state.conversation;
  const { models } = server;
  const { isStarted, isWritten } = client.state;
  const label = client.state.isHolding
    ? say("holding")
    : say(status === "off" && isPreparing(server) ? "preparing" : status);
  return (
    <div class={`stage ${status}`}>
      <div class="rings" ref={rings} aria-hidden="true">
        <i class="ring user" />
        <i class="ring assistant" />
        <i class="core" />
      </div>
      <p class="status" role="status">
        {label}
      </p>
      {SERVER_MATTERS.has(status) && <ServerView server={server} say={say} />}
      {(!isStarted || isWritten) && (
        <>
          <button
            ref={startButton}
            type="button"
            class="primary big"
            onClick={() => {
              void client.start(preferences.microphone || undefined, preferences.loudspeaker || undefined);
            }}
          >
            {say("start")}
          </button>
          <p class="hint">
            {say("startHint")} {models !== undefined && say(models.elsewhere ? "goesElsewhere" : "staysHere")}{" "}
            {say("headphones")}
          </p>
        </>
      )}
    </div>
  );
}

/** Nobody has asked to talk, and nobody could. */
function isPreparing({ status }: VoiceState["conversation"]["server"]): boolean {
  return status !== "ready" && status !== "unknown";
}

/** Often enough for an eye, seldom enough for a battery. */
const LEVELS_MS = 50;

/** Writes both levels into the style of the rings, without drawing the page anew, and nothing where nobody speaks. */
function useLevels(client: VoiceClient, rings: { current: HTMLDivElement | null }, isActive: boolean): void {
  useEffect(() => {
    if (!isActive) return undefined;
    const drawn = new Map<string, string>();
    const draw = (name: string, level: number): void => {
      const value = loudness(level);
      if (drawn.get(name) === value) return;
      drawn.set(name, value);
      rings.current?.style.setProperty(name, value);
    };
    const timer = setInterval(() => {
      draw("--level-user", client.levels.user);
      draw("--level-assistant", client.levels.assistant);
    }, LEVELS_MS);
    return () => {
      clearInterval(timer);
    };
  }, [client, rings, isActive]);
}

/** -60 dB to -10 dB as 0 to 1. */
function loudness(level: number): string {
  const decibels = 20 * Math.log10(level + 1e-6);
  return Math.max(0, Math.min(1, (decibels + 60) / 50)).toFixed(2);
}
