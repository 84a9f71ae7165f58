export * from "./decide.ts";
export * from "./types.ts";
export { announcesMore } from "./words.ts";
