import { useEffect, useState } from "preact/hooks";

/** The devices there are; browsers name those of a kind only once one of it is allowed, so they are asked again then. */
export function useDevices(
  isMicrophoneAllowed: boolean,
  isCameraAllowed: boolean,
): readonly MediaDeviceInfo[] {
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  useEffect(() => {
    // Undefined outside of https and localhost, whatever the types say.
    const media = navigator.mediaDevices as MediaDevices | undefined;
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
