import { FakePictureDecoder, FakeSight, FakeTextReader } from "../../models/fakes/index.ts";
import { systemClock } from "../../src/clock.ts";
import { createLogger } from "../../src/logging.ts";
import { VoiceServer } from "../../src/server/app.ts";
import { openVoiceSession, type SessionModels } from "../../streaming/index.ts";
import { fakeModels } from "./fake-models.ts";
import { testConfig } from "./voice-server.ts";

/** A server over scripted models, as an OpenAI client sees it. */
export async function startOpenAiServer(
  overrides: Readonly<Record<string, unknown>> = {},
  {
    open = true,
    models: others = {},
  }: { readonly open?: boolean; readonly models?: Partial<SessionModels> } = {},
) {
  const config = testConfig(overrides);
  const models = {
    ...fakeModels("Something was said"),
    sight: { decoder: new FakePictureDecoder(), sight: new FakeSight(), reader: new FakeTextReader() },
  };
  const server = await VoiceServer.listen({ config, clock: systemClock, logger: createLogger("silent") });
  if (open) {
    const served = { ...models, ...others };
    server.open({
      openSession: (options) => openVoiceSession(served, options, systemClock),
      models: served,
      voiceSampleRate: models.synthesizer.sampleRate,
    });
  }
  const origin = server.pageUrl.replace(/\/$/u, "");
  return { server, models, origin, baseURL: `${origin}/v1` };
}
