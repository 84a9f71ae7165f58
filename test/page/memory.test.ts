import { describe, expect, test } from "vitest";

import { browserPath } from "../../bench/page/browser.ts";
import { fakeModels } from "../support/fake-models.ts";
import { answer, ask } from "./person.ts";
import { shareBrowser, shareServer } from "./scene.ts";

const SETTLING_TURNS = 10;
const TURNS = 50;

describe.skipIf(browserPath === undefined)("a long conversation", () => {
  const url = shareServer(fakeModels());
  const browser = shareBrowser(() => Promise.resolve([]));

  test("keeps its words, and not the page as it was at each of them", async () => {
    const page = await browser.open(url());
    const devtools = await page.context().newCDPSession(page);
    const usedMb = async (): Promise<number> => {
      await devtools.send("HeapProfiler.collectGarbage");
      return (await devtools.send("Runtime.getHeapUsage")).usedSize / 2 ** 20;
    };
    let settledMb = 0;
    for (let turn = 0; turn < TURNS; turn++) {
      if (turn === SETTLING_TURNS) settledMb = await usedMb();
      await ask(page, `What is the number ${turn}?`);
      expect(await (await answer(page, turn)).innerText()).toContain(`number ${turn}?`);
    }
    // The words are a few kilobytes; pages that are kept would be some eight megabytes by then.
    expect((await usedMb()) - settledMb).toBeLessThan(3);
  });
});
