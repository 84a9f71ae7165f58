import { networkInterfaces } from "node:os";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { announceWyoming } from "../../src/dialects/wyoming/announcement.ts";
import { pythonWith, runPython } from "../support/python.ts";

const python = await pythonWith("zeroconf==0.154.0");
const script = fileURLToPath(new URL("../support/find-service.py", import.meta.url));
const networks = Object.values(networkInterfaces()).flat();
const alone = networks.every((network) => network?.internal !== false);

describe.skipIf(python === undefined || alone)(
  "the zeroconf package that Home Assistant finds services with (skipped where pip, its index or a network is missing)",
  () => {
    test("finds an announced server with its port, and none any more once that was taken back", async () => {
      const name = `Antiphon ${process.pid}`;
      const withdraw = await announceWyoming(name, 10_300);
      const find = async (): Promise<unknown> => await runPython(python ?? "", script, [name]);
      const port = await find();
      await withdraw();
      expect(port).toBe(10_300);
      expect(await find()).toBeNull();
    });
  },
);
