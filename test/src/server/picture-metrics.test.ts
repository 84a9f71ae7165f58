import { expect, test } from "vitest";

import { printPictures } from "../../../src/server/picture-metrics.ts";

test("what became of pictures is printed as Prometheus reads it, nothing where nothing sees", () => {
  const lines = printPictures({ decoded: 5, seen: 2, undecoded: 28, unseen: 1 }).split("\n");
  expect(lines[1]).toBe("# TYPE antiphon_pictures_looked_at_total counter");
  expect(lines.slice(2)).toEqual([
    'antiphon_pictures_looked_at_total{stage="decoded"} 5',
    'antiphon_pictures_looked_at_total{stage="seen"} 2',
    'antiphon_pictures_looked_at_total{stage="undecoded"} 28',
    'antiphon_pictures_looked_at_total{stage="unseen"} 1',
    "",
  ]);
  expect(printPictures(undefined)).toBe("");
});
