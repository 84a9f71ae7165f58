import { vi } from "vitest";

import type { SoundListener } from "../../web/client/sound.ts";

export const microphone = { deviceId: "m", label: "Mic", sampleRate: 48_000, echoCancellation: "all" };

/** Microphone and loudspeaker, as the test plays them. */
export const sound = {
  listener: undefined as SoundListener | undefined,
  opened: vi.fn(),
  useMicrophone: vi.fn(),
  useLoudspeaker: vi.fn(),
  play: vi.fn(),
  finish: vi.fn(),
  reset: vi.fn(),
  forget: vi.fn(),
  goOn: vi.fn(),
  setFloor: vi.fn(),
  close: vi.fn(() => Promise.resolve()),
};

/** Stands for the class of the same name. */
export const FakeSound = {
  open: async (_worklets: unknown, listener: SoundListener) => {
    sound.listener = listener;
    await sound.opened();
    return sound;
  },
};
