import type {
  EndOfTurnDetector,
  LanguageModel,
  SpeechDetector,
  SpeechRecognizer,
  SpeechSynthesizer,
} from "./contracts.ts";
import type { SightModels } from "./sight.ts";

/** The models of a conversation, by what they do. */
export interface SessionModels {
  readonly detector: SpeechDetector;
  readonly endOfTurn: EndOfTurnDetector;
  readonly recognizer: SpeechRecognizer;
  readonly languageModel: LanguageModel;
  readonly synthesizer: SpeechSynthesizer;
  /** Without it the conversation is blind. */
  readonly sight?: SightModels;
}
