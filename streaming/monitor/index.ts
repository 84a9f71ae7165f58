export * from "./decide.ts";
export { isCall } from "./names.ts";
export { asAssistant, ownNamesIn } from "./own-names.ts";
export * from "./types.ts";
export { announcesMore, isDirect, mayLeadOn, wordsOf } from "./words.ts";
