import type { VoiceClient } from "../client/index.ts";
import type { Say, Word } from "./words.ts";

/** What browser and server say of sound and models. */
export function Facts({ client, say }: { readonly client: VoiceClient; readonly say: Say }) {
  const { microphone, conversation, underruns, droppedFrames, codec } = client.state;
  const facts: readonly (readonly [Word, string | number])[] = [
    ["microphone", microphone === undefined ? "–" : `${microphone.label}, ${microphone.sampleRate} Hz`],
    ["echo", microphone?.echoCancellation ?? "–"],
    ["codec", codec ?? "–"],
    ["underruns", underruns],
    ["dropped", droppedFrames],
    ["ignored", conversation.ignored],
  ];
  return (
    <dl class="facts">
      {facts.map(([word, value]) => (
        <div key={word}>
          <dt>{say(word)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
