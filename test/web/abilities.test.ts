import { afterEach, expect, test, vi } from "vitest";

import {
  canChooseLoudspeaker,
  canShowScreen,
  canStayAwake,
  hasSoundCodecs,
  mediaDevices,
} from "../../web/client/abilities.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

class Nothing {
  readonly isThere = true;
}

test("a page that is neither on https nor on localhost has no devices, and shows no screen", () => {
  vi.stubGlobal("navigator", {});
  expect([mediaDevices(), canShowScreen(), canStayAwake()]).toEqual([undefined, false, false]);
});

test("a phone has cameras and shows no screen, a desk shows one", () => {
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: () => undefined } });
  expect(canShowScreen()).toBe(false);
  vi.stubGlobal("navigator", { mediaDevices: { getDisplayMedia: () => undefined }, wakeLock: {} });
  expect([canShowScreen(), canStayAwake()]).toEqual([true, true]);
});

test("a loudspeaker is chosen where the sound itself can be sent to one, not where only a film can, or where there is none", () => {
  vi.stubGlobal("AudioContext", undefined);
  expect(canChooseLoudspeaker()).toBe(false);
  // Firefox and Safari.
  vi.stubGlobal("AudioContext", Nothing);
  vi.stubGlobal(
    "HTMLMediaElement",
    class {
      setSinkId(): void {
        // as they have it
      }
    },
  );
  expect(canChooseLoudspeaker()).toBe(false);
  vi.stubGlobal(
    "AudioContext",
    class {
      setSinkId(): void {
        // Chromium
      }
    },
  );
  expect(canChooseLoudspeaker()).toBe(true);
});

test("an encoder without what it is fed with is none", () => {
  vi.stubGlobal("AudioEncoder", undefined);
  vi.stubGlobal("AudioData", undefined);
  expect(hasSoundCodecs()).toBe(false);
  vi.stubGlobal("AudioEncoder", Nothing);
  expect(hasSoundCodecs()).toBe(false);
  vi.stubGlobal("AudioData", Nothing);
  expect(hasSoundCodecs()).toBe(true);
});
