/** The faces that boards know, by the emoji that stands for each (`textUtils.py` of xinnan-tech/xiaozhi-esp32-server). */
const FACES: Readonly<Record<string, string>> = {
  "😶": "neutral",
  "🙂": "happy",
  "😆": "laughing",
  "😂": "funny",
  "😔": "sad",
  "😠": "angry",
  "😭": "crying",
  "😍": "loving",
  "😳": "embarrassed",
  "😲": "surprised",
  "😱": "shocked",
  "🤔": "thinking",
  "😉": "winking",
  "😎": "cool",
  "😌": "relaxed",
  "🤤": "delicious",
  "😘": "kissy",
  "😏": "confident",
  "😴": "sleepy",
  "😜": "silly",
  "🙄": "confused",
};

const FACE = new RegExp(Object.keys(FACES).join("|"), "u");

/** The face of a text: that of its first emoji that a board can draw, else a neutral one. */
export function emotionOf(text: string): { readonly emotion: string; readonly text: string } {
  const emoji = FACE.exec(text)?.[0] ?? "😶";
  return { emotion: FACES[emoji] ?? "neutral", text: emoji };
}
