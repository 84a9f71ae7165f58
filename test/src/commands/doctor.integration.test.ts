import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { runFakeCli } from "../../support/fake-cli.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

let folder: string;
let programs: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  programs = join(folder, "bin");
  mkdirSync(programs);
  vi.stubEnv("ANTIPHON_HOME", folder);
  vi.stubEnv("PATH", programs);
});
afterEach(() => {
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

/** A program that answers `-l` with this. */
function install(name: string, script: string): void {
  const file = join(programs, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

async function findings(config: object = { port: 0 }): Promise<Map<string, object>> {
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify(config));
  const printed: string[] = [];
  const { signal } = new AbortController();
  await runFakeCli(["doctor", "--json", "--config", file], { printed, noted: [], signal });
  const found = printed.map((line) => JSON.parse(line) as { check: string });
  return new Map(found.map((finding) => [finding.check, finding]));
}

function saying(words: string): string {
  return expect.stringContaining(words) as string;
}

test("a machine that can record but not play is told so, with the devices to record from", async () => {
  install(
    "arecord",
    `echo '**** List of CAPTURE Hardware Devices ****'
echo 'card 1: Webcam [HD Webcam], device 0: USB Audio [USB Audio]'
echo '  Subdevices: 1/1'`,
  );
  const found = await findings();
  expect(found.get("microphone")).toMatchObject({
    state: "ok",
    detail: "found arecord: plughw:1,0 USB Audio",
  });
  expect(found.get("loudspeaker")).toMatchObject({
    state: "warning",
    detail: saying("aplay, sox"),
    mend: saying("alsa-utils"),
  });
});

test("a program without a device is no microphone, and one that tells nothing is taken as it is", async () => {
  install("arecord", "echo 'arecord: device_list:274: no soundcards found...' >&2; exit 1");
  install("aplay", "exit 3");
  const found = await findings();
  expect(found.get("microphone")).toMatchObject({ state: "warning", detail: saying("lists no device") });
  expect(found.get("loudspeaker")).toMatchObject({ state: "ok", detail: "found aplay" });
});

test("an address that is not this machine's is told from a port that is taken", async () => {
  const found = await findings({ host: "192.0.2.1" });
  expect(found.get("port")).toMatchObject({
    state: "failure",
    detail: "192.0.2.1 is no address of this machine",
    mend: saying("--host"),
  });
});
