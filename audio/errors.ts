/** Why sound could not be used. The code is the contract; the message is for people. */
export type AudioErrorCode =
  | "audio-unreadable"
  | "audio-empty"
  | "audio-too-long"
  | "audio-channels"
  | "audio-rate"
  | "opus-invalid"
  | "opus-unavailable";

/** The one error class of this folder. */
export class AudioError extends Error {
  readonly code: AudioErrorCode;

  constructor(code: AudioErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AudioError";
    this.code = code;
  }
}
