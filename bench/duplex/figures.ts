import type { BenchedPack } from "../limits.ts";
import { type Estimate, meanOfShares, medianEstimate, shareEstimate } from "./estimates.ts";
import type { HeardTruth } from "./heard-words.ts";
import { DUPLEX_LIMITS } from "./limits.ts";
import { letPass, type SegmentOutcome, wasAnswered, WINDOWS, yielded } from "./outcomes.ts";
import { RESPONSE_WINDOW_MS } from "./scenarios.ts";
import { interruptedItself, type TrialScore, WORST_SLIP_MS } from "./scorer.ts";
import type { ScenarioName } from "./trial.ts";

/** What can only be told where the server tells how it holds the floor. */
const FLOOR = {
  ducked: "  onset to ducked",
  duckedInTime: "  ducked within 120 ms",
  echoHeld: "  held its own answer (soft pause)",
  held: "no interruption, but held (soft pause)",
  wentOn: "  went on within 0.5 s",
} as const;

/** By then an answer is to be lowered where somebody may speak. */
const DUCK_MS = 120;

export const FLOOR_ESTIMATES: readonly string[] = Object.values(FLOOR);

/** A trial and the stretch of sound that it is about; undefined where the script did not get there. */
interface Case {
  readonly score: TrialScore;
  readonly outcome: SegmentOutcome | undefined;
}

/** Everything that was scored in one run. */
export interface Scores {
  readonly trials: readonly TrialScore[];
  readonly heard: readonly HeardTruth[];
  readonly pack: BenchedPack;
}

/**
 * The published figures. A trial from which nothing can be learned counts as a failure where something good is counted
 * and as the whole window where a delay is; where something bad is counted it counts as what was seen.
 */
export function computeEstimates(scores: Scores): Estimate[] {
  const groups = [
    interruptionEstimates(scores),
    selectivityEstimates(scores),
    turnEstimates(scores),
    datasetEstimates(scores),
    hardCaseEstimates(scores),
    softPauseEstimates(scores),
  ];
  return groups.flat().filter((estimate) => estimate !== undefined);
}

type MaybeEstimates = (Estimate | undefined)[];

function interruptionEstimates({ trials, pack }: Scores): MaybeEstimates {
  const cases = subjects(trials, "interruption");
  const delay = (pick: (outcome: SegmentOutcome) => number | undefined): (number | undefined)[] =>
    cases.map((one) => (isGood(one) && one.outcome ? pick(one.outcome) : undefined));
  const silent = delay(({ silentMs }) => silentMs);
  const stopped = silent.filter((ms) => ms !== undefined);
  return [
    medianEstimate("interruption: onset to silent", "ms", silent, WINDOWS.yield, DUPLEX_LIMITS.silent[pack]),
    medianEstimate("  onset to silent, where it yielded (t_stop, L_Y)", "ms", stopped, WINDOWS.yield),
    medianEstimate(
      FLOOR.ducked,
      "ms",
      delay(({ duckedMs }) => duckedMs),
      WINDOWS.yield,
      DUPLEX_LIMITS.ducked[pack],
    ),
    shareEstimate(
      FLOOR.duckedInTime,
      delay(({ duckedMs }) => duckedMs).map((ms = Infinity) => ms <= DUCK_MS),
    ),
    shareEstimate(
      "yields to real interruptions (R_Y)",
      cases.map((one) => isGood(one) && one.outcome !== undefined && yielded(one.outcome)),
      DUPLEX_LIMITS.yields[pack],
    ),
  ];
}

function selectivityEstimates({ trials, pack }: Scores): MaybeEstimates {
  const passing = (
    scenarios: readonly ScenarioName[],
    test: (outcome: SegmentOutcome) => boolean = letPass,
  ): boolean[] =>
    scenarios
      .flatMap((scenario) => subjects(trials, scenario))
      .map((one) => isGood(one) && one.outcome !== undefined && test(one.outcome));
  const kinds = {
    backchannel: ["backchannel"],
    noise: ["noise"],
    side: ["talking-to-other", "background-speech"],
  } as const satisfies Record<string, readonly ScenarioName[]>;
  const all = Object.values(kinds);
  const never = (outcome: SegmentOutcome): boolean =>
    outcome.silentMs === undefined && outcome.behaviour !== "respond";
  const answered = [...subjects(trials, ...kinds.side, "noise"), ...cases(trials, 1, "noise-then-query")];
  return [
    meanOfShares(
      "selectivity, mean of three (S)",
      all.map((scenarios) => passing(scenarios)),
      DUPLEX_LIMITS.selectivity[pack],
    ),
    shareEstimate("  backchannels not yielded to (S_BC)", passing(kinds.backchannel)),
    shareEstimate("  noise not yielded to (S_VT)", passing(kinds.noise)),
    shareEstimate("  talk to others not yielded to (S_ND)", passing(kinds.side)),
    meanOfShares(
      "  never stopped by any of them, mean of three",
      all.map((scenarios) => passing(scenarios, never)),
    ),
    shareEstimate(
      "noise or side-talk answered",
      answered.map(({ outcome }) => outcome !== undefined && wasAnswered(outcome)),
      DUPLEX_LIMITS.unaddressedAnswered[pack],
    ),
  ];
}

function turnEstimates({ trials, pack }: Scores): MaybeEstimates {
  const turns = subjects(trials, "smooth-turn-end", "pause-inside-turn");
  const opening = trials.filter(({ timeline }) => timeline.trial.scenario !== "pause-inside-turn");
  const openings = opening.map((score) => ({ score, outcome: score.outcomes[0] }));
  const pauses = trials.filter(({ timeline }) => timeline.trial.scenario === "pause-inside-turn");
  const smooth = trials.filter(({ timeline }) => timeline.trial.scenario === "smooth-turn-end");
  const answers = [...turns, ...subjects(trials, "interruption").filter(wantsAnswer)];
  return [
    medianEstimate(
      "voice to voice, first turns",
      "ms",
      openings.map((one) => (inTime(one) ? one.outcome?.responseMs : undefined)),
      RESPONSE_WINDOW_MS,
      DUPLEX_LIMITS.voiceToVoice[pack],
    ),
    medianEstimate(
      "  any answer that is wanted (L_R)",
      "ms",
      answers.map((one) => (inTime(one) ? one.outcome?.responseMs : undefined)),
      RESPONSE_WINDOW_MS,
    ),
    shareEstimate(
      "  of them answered (R_R)",
      answers.map((one) => isGood(one) && one.outcome?.responseMs !== undefined),
    ),
    shareEstimate(
      "pause inside a turn: turn taken (TOR)",
      pauses.map(({ takeover }) => takeover.early.byRule),
      DUPLEX_LIMITS.pauseTakeover[pack],
    ),
    shareEstimate(
      "  any sound at all",
      pauses.map(({ takeover }) => takeover.early.atAll),
    ),
    shareEstimate(
      "smooth end of a turn: turn taken (TOR)",
      smooth.map((score) => score.ineligible === undefined && score.takeover.late.byRule),
      DUPLEX_LIMITS.turnTakeover[pack],
    ),
    shareEstimate(
      "  any sound at all",
      smooth.map((score) => score.ineligible === undefined && score.takeover.late.atAll),
    ),
  ];
}

/** FD-Bench's figures: its interruptions are sentences that want an answer. */
function datasetEstimates({ trials, pack }: Scores): MaybeEstimates {
  const asked = subjects(trials, "interruption").filter(wantsAnswer);
  const good = (test: (outcome: SegmentOutcome) => boolean): boolean[] =>
    asked.map((one) => isGood(one) && one.outcome !== undefined && test(one.outcome));
  const delays = (pick: (outcome: SegmentOutcome) => number | undefined): (number | undefined)[] =>
    asked.map((one) => (isGood(one) && one.outcome ? pick(one.outcome) : undefined));
  return [
    shareEstimate(
      "interruption answered (SRIR)",
      good(({ responseMs }) => responseMs !== undefined),
      DUPLEX_LIMITS.interruptionAnswered[pack],
    ),
    shareEstimate(
      "  assistant silent before its end (SIR)",
      good(({ silentMs, segment }) => silentMs !== undefined && silentMs <= segment.offMs - segment.onMs),
      DUPLEX_LIMITS.interruptionSucceeds[pack],
    ),
    shareEstimate(
      "  answered more than 0.5 s too early (EIR)",
      asked.map(({ outcome }) => outcome?.answeredEarly === true),
      DUPLEX_LIMITS.answeredEarly[pack],
    ),
    medianEstimate(
      "  onset to silent (IRD)",
      "ms",
      delays(({ silentMs }) => silentMs),
      RESPONSE_WINDOW_MS,
    ),
    medianEstimate(
      "  its end to the answer (FSED, t_resp)",
      "ms",
      delays(({ responseMs }) => responseMs),
      RESPONSE_WINDOW_MS,
    ),
    shareEstimate(
      "  repaired within 1.5 s",
      good(({ responseMs = Infinity }) => responseMs <= 1500),
    ),
  ];
}

function hardCaseEstimates({ trials, heard, pack }: Scores): MaybeEstimates {
  const echo = (variant: string): TrialScore[] =>
    trials.filter(
      ({ timeline: { trial } }) => trial.scenario === "self-echo" && trial.variant.includes(variant),
    );
  const alone = (level: string): boolean[] =>
    echo(`${level} dB, alone`).map(({ unaskedAnswers }) => unaskedAnswers > 0);
  const fine = (scenario: ScenarioName): boolean[] =>
    trials.filter(({ timeline }) => timeline.trial.scenario === scenario).map(isFlawless);
  return [
    shareEstimate("own echo at -30 dB answered", alone("-30"), DUPLEX_LIMITS.echoAnswered[pack]),
    shareEstimate("  at -20 dB", alone("-20")),
    shareEstimate("  at -40 dB", alone("-40")),
    shareEstimate(
      "  broke off its own answer",
      echo("alone").map(({ timeline }) => interruptedItself(timeline)),
    ),
    shareEstimate(FLOOR.echoHeld, echo("alone").map(isHeld)),
    shareEstimate("  user heard through the echo", echo("talked over").map(isFlawless)),
    medianEstimate(
      "heard against stored history",
      "words",
      heard.map(({ difference }) => Math.abs(difference)),
      0,
      DUPLEX_LIMITS.heardWords[pack],
    ),
    shareEstimate("two interruptions within 3 s", fine("double-interruption")),
    shareEstimate("noise over an answer, then a question", fine("noise-then-query")),
    shareEstimate(
      "knows what it said last",
      heard.filter(({ recalled }) => recalled !== undefined).map(({ recalled }) => recalled === true),
    ),
  ];
}

/** How often an answer was held for something that turned out to be no interruption. */
function softPauseEstimates({ trials }: Scores): MaybeEstimates {
  const others = subjects(trials, "backchannel", "talking-to-other", "background-speech", "noise");
  const over = others.flatMap(({ outcome }) => (outcome?.overlapped === true ? [outcome] : []));
  const pauses = over.flatMap(({ softPauses }) => softPauses);
  const resumed = ({ durationMs = Infinity }: { readonly durationMs: number | undefined }): boolean =>
    durationMs <= WINDOWS.softPause;
  return [
    shareEstimate(
      FLOOR.held,
      over.map(({ softPauses }) => softPauses.length > 0),
    ),
    shareEstimate(FLOOR.wentOn, pauses.map(resumed)),
    shareEstimate(
      "went on as expected (v1.5: resume)",
      over.map(({ behaviour }) => behaviour === "resume"),
    ),
  ];
}

function subjects(trials: readonly TrialScore[], ...scenarios: readonly ScenarioName[]): Case[] {
  return cases(trials, -1, ...scenarios);
}

/** The stretch of that index in every trial of some scenarios; the first one is the question that opens it. */
function cases(trials: readonly TrialScore[], index: number, ...scenarios: readonly ScenarioName[]): Case[] {
  return trials
    .filter(({ timeline }) => scenarios.includes(timeline.trial.scenario))
    .map((score) => ({ score, outcome: score.outcomes.at(index) }));
}

function isGood({ score }: Case): boolean {
  return score.ineligible === undefined;
}

/** Delays of turns that were not spoken over can be read even where the rest of the script failed. */
function inTime({ score }: Case): boolean {
  return score.timeline.worstSlipMs <= WORST_SLIP_MS;
}

function wantsAnswer({ score }: Case): boolean {
  return score.timeline.trial.variant !== "stop";
}

function isHeld({ outcomes }: TrialScore): boolean {
  return outcomes.some(({ softPauses }) => softPauses.length > 0);
}

function isFlawless({ failures }: TrialScore): boolean {
  return failures.length === 0;
}
