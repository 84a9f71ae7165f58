import { useId, useState } from "preact/hooks";

import type { VoiceState } from "../client/index.ts";
import { Choice } from "./choice.tsx";
import { packChoices, startCommand } from "./pack-choices.ts";
import type { Say } from "./words.ts";

interface ModelsProps {
  readonly models: VoiceState["conversation"]["server"]["models"];
  readonly say: Say;
}

/** What runs, and what could run instead: a server loads its models when it starts, so another pack is another start. */
export function Models({ models, say }: ModelsProps) {
  const [wished, wish] = useState<string>();
  const voiceHint = useId();
  const packHint = useId();
  if (models === undefined) return null;
  const { pack, voice, languageModel } = models;
  const other = wished === undefined || wished === pack ? undefined : wished;
  return (
    <>
      <Choice
        label={say("voice")}
        value={voice}
        choices={[[voice, voice]]}
        isDisabled
        describedBy={voiceHint}
      />
      <p class="hint" id={voiceHint}>
        {say("voiceHint")}
      </p>
      <dl class="facts">
        <div>
          <dt>{say("languageModel")}</dt>
          <dd>{languageModel}</dd>
        </div>
      </dl>
      <Choice
        label={say("pack")}
        value={other ?? pack}
        choices={packChoices(models, say)}
        describedBy={packHint}
        onChoose={wish}
      />
      <p class="hint" id={packHint} aria-live="polite">
        {other === undefined ? say("packHint") : <PackCommand pack={other} say={say} />}
      </p>
    </>
  );
}

function PackCommand({ pack, say }: { readonly pack: string; readonly say: Say }) {
  return (
    <>
      {say("packChange")} <code>{startCommand(pack)}</code>
    </>
  );
}
