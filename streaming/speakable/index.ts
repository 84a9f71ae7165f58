export { normalize } from "./normalize.ts";
export type { SpokenWord } from "./normalize.ts";
