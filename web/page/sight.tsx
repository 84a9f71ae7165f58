import { useEffect, useRef } from "preact/hooks";

import { type Camera, canShowScreen, type Picture } from "../client/index.ts";
import { useDevices } from "./device-list.ts";
import type { Preferences } from "./preferences.ts";
import { seenWords } from "./seen-words.ts";
import { refusal, type Say } from "./words.ts";

interface SightProps {
  readonly camera: Camera;
  readonly say: Say;
  readonly preferences: Preferences;
  readonly change: (changes: Partial<Preferences>) => void;
  readonly isStarted: boolean;
}

/** What the assistant is shown: the view now, and the very pictures that were sent. */
export function Sight(props: SightProps) {
  const { camera, say, preferences } = props;
  const { source, stream, chosen, sent, seen, problem } = camera.state;
  useDrop(camera);
  useEffect(() => {
    if (camera.state.source === "camera") void camera.show("camera", preferences.camera || undefined);
  }, [camera, preferences.camera]);
  return (
    <section class="card sight">
      <h2>{say("camera")}</h2>
      <p class="hint">{say("cameraHint")}</p>
      <SightButtons {...props} />
      {problem !== undefined && (
        <p class="notice bad" role="alert">
          {refusal(say, "cam", problem)}
        </p>
      )}
      {source !== undefined && (
        <div class="view">
          {stream !== undefined && <Preview stream={stream} label={say("camera")} />}
          {chosen !== undefined && sent.length === 0 && (
            <figure>
              <img src={chosen} alt={say("willBeShown")} />
              <figcaption>{say("willBeShown")}</figcaption>
            </figure>
          )}
          {seen !== undefined && (
            <div class="seen">
              <PictureView picture={seen.picture} say={say} preferences={preferences} />
              <div>
                <p class="hint">{say("seen")}</p>
                <ul>
                  {seenWords(seen.view, say).map(({ before, name, after }) => (
                    <li key={before + name + after}>
                      {before}
                      {name !== "" && <span lang="en">{name}</span>}
                      {after}
                    </li>
                  ))}
                </ul>
              </div>
            </div>
          )}
          {sent
            .filter((picture) => picture !== seen?.picture)
            .map((picture) => (
              <PictureView key={picture.url} picture={picture} say={say} preferences={preferences} />
            ))}
        </div>
      )}
    </section>
  );
}

/** A picture as it was sent, and when. */
function PictureView({
  picture: { url, at, bytes },
  say,
  preferences,
}: Pick<SightProps, "say" | "preferences"> & { readonly picture: Picture }) {
  return (
    <figure>
      <img src={url} alt={`${say("sent")} ${timeOf(at, preferences)}`} />
      <figcaption>
        {say("sent")} {timeOf(at, preferences)} · {Math.round(bytes / 1024)} KB
      </figcaption>
    </figure>
  );
}

function SightButtons(props: SightProps) {
  const { camera, say, preferences, isStarted } = props;
  const { source } = camera.state;
  const file = useRef<HTMLInputElement>(null);
  return (
    <div class="row">
      <button
        type="button"
        aria-pressed={source === "camera"}
        disabled={!isStarted}
        onClick={() => void camera.show("camera", preferences.camera || undefined)}
      >
        {say("showCamera")}
      </button>
      {canShowScreen() && (
        <button
          type="button"
          aria-pressed={source === "screen"}
          disabled={!isStarted}
          onClick={() => void camera.show("screen")}
        >
          {say("showScreen")}
        </button>
      )}
      <button type="button" onClick={() => file.current?.click()}>
        {say("showPicture")}
      </button>
      <input
        ref={file}
        type="file"
        accept="image/*"
        hidden
        onChange={({ currentTarget }) => {
          const chosen = currentTarget.files?.[0];
          if (chosen !== undefined) void camera.showFile(chosen);
          currentTarget.value = "";
        }}
      />
      {source === "camera" && <OtherCamera {...props} />}
      {source !== undefined && (
        <button
          type="button"
          class="stop"
          onClick={() => {
            camera.stop();
          }}
        >
          {say("switchOff")}
        </button>
      )}
    </div>
  );
}

/** Goes from one camera to the next, such as from a phone's back to its front. */
function OtherCamera({ camera, say, preferences, change }: SightProps) {
  const cameras = useDevices(false, true).filter(
    ({ kind, deviceId }) => kind === "videoinput" && deviceId !== "",
  );
  if (cameras.length < 2) return null;
  const current = camera.state.stream?.getVideoTracks()[0]?.getSettings().deviceId;
  const next = cameras[(cameras.findIndex(({ deviceId }) => deviceId === current) + 1) % cameras.length];
  return (
    <button
      type="button"
      onClick={() => {
        const deviceId = next?.deviceId ?? "";
        // Preferred already, and the browser gave another one, such as while this one was busy.
        if (deviceId === preferences.camera) void camera.show("camera", deviceId);
        else change({ camera: deviceId });
      }}
    >
      {say("otherCamera")}
    </button>
  );
}

/** Takes a picture that is dropped anywhere; a browser would leave the page for it otherwise. */
function useDrop(camera: Camera): void {
  useEffect(() => {
    const take = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      const file = event.dataTransfer.files[0];
      if (event.type === "drop" && file !== undefined) void camera.showFile(file);
    };
    addEventListener("dragover", take);
    addEventListener("drop", take);
    return () => {
      removeEventListener("dragover", take);
      removeEventListener("drop", take);
    };
  }, [camera]);
}

function Preview({ stream, label }: { readonly stream: MediaStream; readonly label: string }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current !== null) video.current.srcObject = stream;
  }, [stream]);
  return <video ref={video} aria-label={label} muted autoplay playsInline />;
}

function timeOf(at: Date, { language }: Preferences): string {
  return at.toLocaleTimeString(language === "zh" ? "zh-Hans" : "en-GB");
}
