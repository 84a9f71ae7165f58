export * from "./decide.ts";
export * from "./types.ts";
export { announcesMore, isDirect, mayLeadOn, wordsOf } from "./words.ts";
