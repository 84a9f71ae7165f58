export * from "./channel.ts";
export * from "./clauses.ts";
export * from "./clock.ts";
export * from "./contracts.ts";
export * from "./errors.ts";
export * from "./session-events.ts";
export * from "./speakable/index.ts";
export { openVoiceSession } from "./session.ts";
export type { SessionModels } from "./session.ts";
