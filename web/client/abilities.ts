/**
 * What this browser can do, asked by whether it is there and never by the browser's name. What a microphone is asked for
 * (`sound.ts`), and whether it can travel as Opus (`uplink.ts`), is found out there, by trying.
 */

/** Undefined outside of https and localhost, whatever the types say. */
export function mediaDevices(): MediaDevices | undefined {
  return navigator.mediaDevices;
}

/** Whether it can show a screen to a page; phones cannot. */
export function canShowScreen(): boolean {
  const media = mediaDevices();
  return media !== undefined && "getDisplayMedia" in media;
}

/** Whether a page may choose where its sound is played: in Chromium. Elsewhere the system's choice holds. */
export function canChooseLoudspeaker(): boolean {
  return typeof AudioContext === "function" && "setSinkId" in AudioContext.prototype;
}

/** Whether it has all of WebCodecs that a microphone's sound needs; Firefox on Android and older Safari have not. */
export function hasSoundCodecs(): boolean {
  return typeof AudioEncoder === "function" && typeof AudioData === "function";
}

/** Whether a page can keep the screen awake. */
export function canStayAwake(): boolean {
  return "wakeLock" in navigator;
}
