import { useEffect, useState } from "preact/hooks";

import { mediaDevices } from "../client/index.ts";

/** The devices there are; browsers name those of a kind only once one of it is allowed, so they are asked again then. */
export function useDevices(
  isMicrophoneAllowed: boolean,
  isCameraAllowed: boolean,
): readonly MediaDeviceInfo[] {
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  useEffect(() => {
    const media = mediaDevices();
    const look = (): void => {
      media?.enumerateDevices().then(setDevices, () => {
        // Who may not know them has the system's own.
        setDevices([]);
      });
    };
    look();
    media?.addEventListener("devicechange", look);
    return () => {
      media?.removeEventListener("devicechange", look);
    };
  }, [isMicrophoneAllowed, isCameraAllowed]);
  return devices;
}
