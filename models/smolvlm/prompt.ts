import { joined } from "../projector/joined.ts";
import type { Vocabulary } from "../projector/visual-words.ts";
import type { Tiles } from "./tiles.ts";

/** What the template writes where a picture is. */
export const PICTURE_MARK = "<image>";

const AROUND = "<fake_token_around_image>";
const WHOLE = "<global-img>";

/** The template that SmolVLM was tuned with: no space after the name of who sends a picture first. */
export const SMOLVLM_TEMPLATE =
  "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}" +
  "{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}" +
  "{% for line in message['content'] %}" +
  "{% if line['type'] == 'text' %}{{line['text']}}{% else %}{{'<image>'}}{% endif %}" +
  "{% endfor %}<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}{{'Assistant:'}}{% endif %}";

/** The text before each tile, and after the last one. */
function tileTexts({ rows, columns }: Pick<Tiles, "rows" | "columns">): readonly string[] {
  const tiles = Array.from({ length: rows * columns }, (_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    return `${column === 0 && row > 0 ? "\n" : ""}${AROUND}<row_${row + 1}_col_${column + 1}>`;
  });
  const lastRowEnd = rows > 0 ? "\n\n" : "";
  return [...tiles, `${lastRowEnd}${AROUND}${WHOLE}`, AROUND];
}

/**
 * A picture in a prompt: what the connector made of its tiles, among the control tokens that tell where each tile was.
 *
 * @param features - [tiles, tokens of a tile, hidden size]
 * @returns [vectors, hidden size]
 */
export function framedTiles(
  features: Float32Array,
  grid: Pick<Tiles, "rows" | "columns">,
  vocabulary: Vocabulary,
): Float32Array {
  const texts = tileTexts(grid);
  const tileLength = features.length / (texts.length - 1);
  return joined(
    texts.flatMap((text, index) => [
      vocabulary.embed(vocabulary.encode(text)),
      features.subarray(index * tileLength, (index + 1) * tileLength),
    ]),
  );
}
