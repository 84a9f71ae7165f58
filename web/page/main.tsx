import "../client/no-eval.ts";

import { render } from "preact";

import captureUrl from "../worklets/capture.ts?worker&url";
import playbackUrl from "../worklets/playback.ts?worker&url";
import { Camera, forgetPictures, VoiceClient } from "../client/index.ts";
import { takeKey } from "./api-key.ts";
import { App } from "./app.tsx";
import { followConversation } from "./consequences.ts";
import { Draft } from "./draft.ts";
import { Store } from "./store.ts";

const store = new Store();
const client = new VoiceClient({
  origin: location.origin,
  apiKey: takeKey(window),
  worklets: { capture: captureUrl, playback: playbackUrl },
});
const camera = new Camera({
  send: (jpeg, capturedMs) => client.sendPicture(jpeg, capturedMs),
  clockMs: () => client.captureMs,
  isAwaited: () => client.state.conversation.link === "open",
  onChange: () => {
    store.touch();
    // What was typed may have waited for a picture.
    draft.follow();
  },
});
forgetPictures(client, camera);
const draft = new Draft(client, camera, () => {
  store.touch();
});
followConversation(client, camera, draft);
client.subscribe(() => {
  store.touch();
});

client.watch();

const root = document.querySelector("#page");
if (root !== null) render(<App client={client} camera={camera} draft={draft} store={store} />, root);
