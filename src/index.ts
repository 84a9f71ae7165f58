export * from "../streaming/index.ts";
