import { expect, test } from "vitest";

import { SoundMarks } from "../../streaming/sound-marks.ts";

// A commit that is heeded too early cuts the user's last word off; one about sound that was lost ends the next turn.
test("what a client says of its sound is heeded when that is heard, in order, unless the sound is lost", () => {
  const marks = new SoundMarks();
  marks.add("commit", 100);
  marks.add("clear", 200);
  expect([...marks.due(100)]).toEqual([]);
  expect([...marks.due(150)]).toEqual([{ type: "turn-committed", atMs: 100 }]);
  expect([...marks.due(300)]).toEqual([{ type: "clear", atMs: 200 }]);
  marks.add("commit", 400);
  marks.forget();
  expect([...marks.due(500)]).toEqual([]);
});
