import { AntiphonError } from "../streaming/index.ts";

/**
 * What a person typed, fit to be thought about and spoken: control characters and broken surrogates become spaces.
 * @throws AntiphonError `text-empty` where nothing is left, `text-too-long` beyond `maxLength` UTF-16 units.
 */
export function cleanTypedText(text: string, maxLength: number): string {
  if (text.length > maxLength) {
    throw new AntiphonError(
      "text-too-long",
      `the text has ${text.length} characters; ${maxLength} are allowed`,
    );
  }
  const clean = text.replace(/[\p{Cc}\p{Cs}]+/gu, " ").trim();
  if (clean === "") throw new AntiphonError("text-empty", "there is nothing to read in the text");
  return clean;
}
