export * from "./frame.ts";
export * from "./errors.ts";
