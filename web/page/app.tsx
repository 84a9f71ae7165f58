import { useEffect, useMemo, useRef } from "preact/hooks";

import { type Camera, statusOf, type VoiceClient } from "../client/index.ts";
import { Controls, WritingControls } from "./controls.tsx";
import type { Draft } from "./draft.ts";
import { Keep } from "./keep.tsx";
import { Latency } from "./latency.tsx";
import { Notices } from "./notices.tsx";
import { type Preferences, usePreferences } from "./preferences.ts";
import { Settings } from "./settings.tsx";
import { Sight } from "./sight.tsx";
import { Stage } from "./stage.tsx";
import { type Store, useStore } from "./store.ts";
import { TimelineView } from "./timeline-view.tsx";
import { Transcript } from "./transcript.tsx";
import { useTalkKey } from "./talk-key.ts";
import { useWakeLock } from "./wake-lock.ts";
import { type Say, wordsOf } from "./words.ts";

interface AppProps {
  readonly client: VoiceClient;
  readonly camera: Camera;
  readonly draft: Draft;
  readonly store: Store;
}

/** The whole page. */
export function App({ client, camera, draft, store }: AppProps) {
  useStore(store);
  const [preferences, change] = usePreferences();
  const { language, mode } = preferences;
  const say = useMemo(() => wordsOf(language), [language]);
  const { state } = client;
  useLook(preferences);
  useEffect(() => {
    client.setMode(mode);
  }, [client, mode]);
  useManner(client, preferences);
  const isTalking = state.isStarted && !state.isWritten;
  useWakeLock(isTalking);
  useTalkKey(client, mode === "push-to-talk" && isTalking);
  const { conversation } = state;
  const startButton = useRef<HTMLButtonElement>(null);
  return (
    <>
      <header>
        <h1>{say("title")}</h1>
        <div class="row">
          {state.isStarted && <CallButtons client={client} say={say} />}
          <Settings client={client} camera={camera} say={say} preferences={preferences} change={change} />
        </div>
      </header>
      <main>
        <section class="talk" aria-label={say("conversation")}>
          <Stage
            client={client}
            say={say}
            status={statusOf(state)}
            preferences={preferences}
            startButton={startButton}
          />
          {isTalking && <Controls client={client} say={say} preferences={preferences} change={change} />}
          {state.isWritten && <WritingControls client={client} say={say} />}
          <Notices client={client} say={say} preferences={preferences} startButton={startButton} />
          <Transcript client={client} say={say} turns={conversation.turns} draft={draft} />
        </section>
        <div class="insight">
          <TimelineView
            client={client}
            say={say}
            timeline={conversation.timeline}
            turns={conversation.turns}
          />
          <Latency say={say} turns={conversation.turns} roundTripsMs={conversation.roundTripsMs} />
          <Sight
            camera={camera}
            say={say}
            preferences={preferences}
            change={change}
            isStarted={state.isStarted}
          />
          <Keep client={client} say={say} />
        </div>
      </main>
    </>
  );
}

/** Tells the browser in which language the page is, and in which colours. */
function useLook({ language, theme }: Preferences): void {
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
    document.documentElement.dataset["theme"] = theme;
  }, [language, theme]);
}

/** What ends a conversation. */
function CallButtons({ client, say }: Pick<AppProps, "client"> & { readonly say: Say }) {
  return (
    <>
      <button
        type="button"
        onClick={() => {
          client.restart();
        }}
      >
        {say("newConversation")}
      </button>
      <button type="button" class="quiet" onClick={() => void client.stop()}>
        {say("hangUp")}
      </button>
    </>
  );
}

/** While somebody still types or slides, the assistant need not follow. */
const SETTLED_MS = 400;

function useManner(client: VoiceClient, { systemPrompt, speed }: Preferences): void {
  const isFirst = useRef(true);
  useEffect(() => {
    const tell = (): void => {
      client.configure({ systemPrompt, ...(speed === undefined ? {} : { speed }) });
    };
    if (isFirst.current) {
      isFirst.current = false;
      tell();
      return undefined;
    }
    const timer = setTimeout(tell, SETTLED_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [client, systemPrompt, speed]);
}
