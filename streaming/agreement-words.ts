const AGREEING =
  /^(?:(?:oh|um|uh|well|ok|okay|alright|all right) )*(?:yes|yeah|yep|yup|sure|of course|certainly|absolutely|definitely|please do|do it|do that|go ahead|go on|confirm|confirmed|affirmative|correct|right|that's right|i agree|i do|ok|okay|alright|all right)\b/u;

/** What may turn a yes into something else: another wish, a condition, a doubt. */
const RESERVED =
  /\b(?:no|not|nope|don't|dont|never|cancel|stop|wait|but|and|or|instead|rather|except|if|unless|maybe|perhaps|later|only|actually|what|which|why|who|how|when|where)\b/u;

/** More words than this say more than yes. */
const WORDS_AT_MOST = 8;

/**
 * Whether words say yes to a question and nothing else. Rather not than wrongly: what they set off cannot be undone, and who
 * meant yes can say it again.
 */
export function isAgreement(text: string): boolean {
  const words = text
    .toLowerCase()
    .replace(/[’`]/gu, "'")
    .replace(/[^\p{L}\p{N}']+/gu, " ")
    .trim();
  if (text.includes("?") || words.split(" ").length > WORDS_AT_MOST) return false;
  return AGREEING.test(words) && !RESERVED.test(words);
}
