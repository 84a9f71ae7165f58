import { homedir } from "node:os";
import { join, resolve } from "node:path";

import { expect, test } from "vitest";

import { readPackEnvironment } from "../../../models/packs/environment.ts";

test("the cache lies in ANTIPHON_HOME, else where XDG says, else below the home folder", () => {
  expect(readPackEnvironment({ ANTIPHON_HOME: "/a", XDG_CACHE_HOME: "/x" }).home).toBe("/a");
  expect(readPackEnvironment({ ANTIPHON_HOME: "", XDG_CACHE_HOME: "/x" }).home).toBe("/x/antiphon");
  expect(readPackEnvironment({ XDG_CACHE_HOME: "relative" }).home).toBe(
    join(homedir(), ".cache", "antiphon"),
  );
  expect(readPackEnvironment({}).home).toBe(join(homedir(), ".cache", "antiphon"));
});

test("model folders are a list, made absolute", () => {
  expect(readPackEnvironment({ ANTIPHON_MODELS_DIR: "/a::b" }).modelDirectories).toEqual([
    "/a",
    resolve("b"),
  ]);
  expect(readPackEnvironment({}).modelDirectories).toEqual([]);
});

test("a mirror of the Hub and a token are taken over, empty ones are not", () => {
  const { hubEndpoint, hubToken } = readPackEnvironment({
    HF_ENDPOINT: "https://mirror.example/hub/",
    HF_TOKEN: "t",
  });
  expect([hubEndpoint, hubToken]).toEqual(["https://mirror.example/hub", "t"]);
  const empty = readPackEnvironment({ HF_ENDPOINT: "", HF_TOKEN: "" });
  expect([empty.hubEndpoint, empty.hubToken]).toEqual(["https://huggingface.co", undefined]);
});

test("an endpoint that is no web address is refused at the start, not at the first download", () => {
  expect(() => readPackEnvironment({ HF_ENDPOINT: "hub.example" })).toThrow("HF_ENDPOINT must be an http");
  expect(() => readPackEnvironment({ HF_ENDPOINT: "file:///x" })).toThrow("HF_ENDPOINT must be an http");
});
