import { afterEach, describe, expect, it } from "vitest";

import type { HearingManners } from "../../streaming/hearing-manners.ts";
import { FakeConversation, FRANCE } from "../support/fake-conversation.ts";

const open: FakeConversation[] = [];
function converse(
  hearing: HearingManners,
  ...models: ConstructorParameters<typeof FakeConversation>
): FakeConversation {
  const conversation = new FakeConversation(...models);
  conversation.session.push({ type: "configure", settings: { hearing } });
  open.push(conversation);
  return conversation;
}
afterEach(async () => {
  await Promise.all(
    open.splice(0).map(async (conversation) => {
      await conversation.close();
    }),
  );
});

describe("a client that says how speech is told from silence", () => {
  const detector = {
    openStream: () => ({
      score: (samples: Float32Array) => Promise.resolve(samples.some((sample) => sample > 0.1) ? 0.6 : 0.02),
      reset: () => undefined,
    }),
  };

  it("hears no speech in what is less likely to be some than it wants", async () => {
    for (const [threshold, starts] of [
      [0.9, 0],
      [0.5, 1],
    ] as const) {
      const conversation = converse({ threshold }, { detector });
      await conversation.say(FRANCE);
      expect(conversation.of("speech-start")).toHaveLength(starts);
    }
  });

  it("has as much recognised of what was before the speech as it wants", async () => {
    const recognised = async (preRollMs: number): Promise<number> => {
      const conversation = converse({ preRollMs });
      await conversation.silence(2000);
      await conversation.say(FRANCE);
      await conversation.silence(200);
      return conversation.recognizer.requests.at(-1)?.samples.length ?? Number.NaN;
    };
    expect((await recognised(1500)) - (await recognised(500))).toBe(16_000);
  });
});
