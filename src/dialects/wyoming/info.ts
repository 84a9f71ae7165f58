import { projectVersion } from "../../project.ts";

/** What is spoken and understood; see the README on the models. */
const LANGUAGES = ["en"];

const ANTIPHON = { name: "Antiphon", url: "" };
const WHISPER = { name: "OpenAI", url: "https://github.com/openai/whisper" };
const PIPER = { name: "Rhasspy", url: "https://github.com/rhasspy/piper" };

/** What this server offers, as `describe` asks for it. It can be told before the models are loaded. */
export function describeServer(): Readonly<Record<string, unknown>> {
  const artifact = (name: string, description: string, attribution: typeof ANTIPHON) => ({
    name,
    description,
    attribution,
    installed: true,
    version: projectVersion(),
  });
  return {
    asr: [
      {
        ...artifact("antiphon", "Antiphon's hearing", ANTIPHON),
        models: [{ ...artifact("whisper-tiny.en", "Whisper tiny.en", WHISPER), languages: LANGUAGES }],
        supports_transcript_streaming: true,
      },
    ],
    tts: [
      {
        ...artifact("antiphon", "Antiphon's voice", ANTIPHON),
        voices: [{ ...artifact("en_US-joe-medium", "Joe", PIPER), languages: LANGUAGES, speakers: null }],
        supports_synthesize_streaming: true,
      },
    ],
    handle: [
      {
        ...artifact("antiphon", "Antiphon's answers", ANTIPHON),
        models: [{ ...artifact("antiphon", "The pack's language model", ANTIPHON), languages: LANGUAGES }],
        supports_handled_streaming: true,
        supports_home_control: false,
      },
    ],
    intent: [],
    wake: [],
    mic: [],
    snd: [],
  };
}
