import type { CallOptions } from "./contracts.ts";
import { printedWords } from "./sight-words.ts";
import type { VoiceSession } from "./session-events.ts";
import type { Unseen, View } from "./sight.ts";
import type { ToolSurroundings } from "./tools.ts";
import type { Viewing } from "./viewing.ts";

const UNSEEN: Readonly<Record<Unseen["type"], string>> = {
  "no-camera": "The camera is off: nothing can be seen.",
  "not-known": "The camera is on, but what it shows is not known yet.",
};
const NOTHING_PRINTED = "Nothing can be read in the picture.";

/** As unlikely a thing is told of where somebody asks to look closer. */
const WORTH_TELLING = 0.05;

/** What a tool can do with a conversation that may see. */
export function surroundingsOf(
  session: Pick<VoiceSession, "push">,
  viewing: Viewing | undefined,
  nowMs: () => number,
): ToolSurroundings {
  return {
    say: (text) => {
      session.push({ type: "say", text });
    },
    look: async (options) => {
      const view = await viewing?.at(nowMs(), options);
      if (view === undefined) return UNSEEN["no-camera"];
      return "frame" in view ? detailsOf(view) : UNSEEN[view.type];
    },
    readText: async (options: CallOptions) => {
      const view = await viewing?.at(nowMs(), options);
      if (viewing === undefined || view === undefined) return UNSEEN["no-camera"];
      if (!("frame" in view)) return UNSEEN[view.type];
      const lines = await viewing.read(view.frame, "asked");
      return printedWords(lines) || NOTHING_PRINTED;
    },
  };
}

/** All that is known of a view, place by place, with how sure it is. */
function detailsOf({ sighting }: Exclude<View, Unseen>): string {
  const { labels, places, scene, faces, kind } = sighting;
  const told = (name: string, things: typeof labels): string[] => {
    const worth = things.filter(({ probability }) => probability >= WORTH_TELLING);
    const words = worth.map((thing) => `${thing.name} ${Math.round(thing.probability * 100)} %`);
    return words.length === 0 ? [] : [`${name}: ${words.join(", ")}`];
  };
  const all = [
    ...told("whole picture", labels),
    ...told("left", places.left),
    ...told("middle", places.center),
    ...told("right", places.right),
    ...told("scene", scene),
    ...(kind === undefined ? [] : [`some ${kind}`]),
    ...(faces.length === 0 ? [] : [`people: ${faces.length}`]),
  ];
  return all.length === 0
    ? "The picture is not clear: it cannot be told what it shows."
    : `${all.join(". ")}.`;
}
