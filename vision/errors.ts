/** Why bytes are no picture for us. The code is the contract; the message is for people. */
export type VisionErrorCode = "picture-format" | "picture-animated";

/** The one error class of this folder. */
export class VisionError extends Error {
  readonly code: VisionErrorCode;

  constructor(code: VisionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "VisionError";
    this.code = code;
  }
}
