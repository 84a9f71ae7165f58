import { useMemo } from "preact/hooks";

import type { Turn } from "../client/index.ts";
import { memo } from "./memo.ts";
import { STAGES, type TurnBar, turnBarsOf } from "./turn-bars.ts";
import type { Say } from "./words.ts";

interface TurnBarsProps {
  readonly say: Say;
  readonly turns: readonly Turn[];
}

const MOST_BARS = 6;

/** What each of the last answers waited for, one bar each, and how that compares with those before. */
export function TurnBars({ say, turns }: TurnBarsProps) {
  // Most changes of the turns are words, and the timeline around this is drawn several times a second.
  const ends = turns.flatMap(({ answer }) => answer?.timings ?? []);
  const bars = useMemo(() => turnBarsOf(turns, MOST_BARS), [ends.length, ends.at(-1)]);
  return <Bars bars={bars} say={say} />;
}

interface BarsProps {
  readonly bars: readonly TurnBar[];
  readonly say: Say;
}

const Bars = memo(({ bars, say }: BarsProps) => {
  if (bars.length === 0) return null;
  const longestMs = Math.max(1, ...bars.flatMap(({ totalMs, medianMs }) => [totalMs, medianMs]));
  const share = (ms: number): string => `${(ms / longestMs) * 100}%`;
  return (
    <div class="turn-bars">
      <h3>{say("turnBars")}</h3>
      <p class="hint">{say("turnBarsHint")}</p>
      <ol>
        {bars.map((bar) => (
          <li key={bar.key}>
            <span class="number" aria-hidden="true">
              {bar.turn}
            </span>
            <span class="stack" aria-hidden="true">
              {bar.parts.map(({ stage, ms }) => (
                <i key={stage} data-stage={stage} style={{ width: share(ms) }} />
              ))}
              <u style={{ left: share(bar.medianMs) }} />
            </span>
            <span class="total" aria-hidden="true">
              {Math.round(bar.totalMs)} <small>~{Math.round(bar.medianMs)}</small>
            </span>
            <span class="unseen">{inWords(bar, say)}</span>
          </li>
        ))}
      </ol>
      <ul class="legend" aria-hidden="true">
        {STAGES.map((stage) => (
          <li key={stage}>
            <i data-stage={stage} /> {say(stage)}
          </li>
        ))}
      </ul>
    </div>
  );
});

/** The bar for those who listen to the page. */
export function inWords({ turn, totalMs, parts, medianMs }: TurnBar, say: Say): string {
  const stages = parts.map(({ stage, ms }) => `${say(stage)} ${Math.round(ms)}`).join(", ");
  return `${say("turn")} ${turn}: ${Math.round(totalMs)} ms (${stages}); ${say("median")} ${Math.round(medianMs)} ms`;
}
