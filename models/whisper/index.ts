export { openWhisperEngine } from "./engine.ts";
export type { WhisperConfig, WhisperContract } from "./engine.ts";
export { createSpeechRecognizer } from "./recognizer.ts";
