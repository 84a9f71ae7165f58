import { expect, test } from "vitest";

import { AntiphonError } from "../../streaming/index.ts";
import { listeningFailure } from "../../src/listening-failure.ts";

const ADDRESS = { host: "kitchen.local", port: 80 };
const SETTINGS = { host: "--host", port: "--port" };

function failureOf(code: string): unknown {
  return listeningFailure(Object.assign(new Error(code), { code }), ADDRESS, SETTINGS);
}

test.each([
  ["EADDRINUSE", "port-in-use", /port 80 of kitchen\.local is taken: .*--port/u],
  ["EACCES", "config-invalid", /may not listen on port 80 .*below 1024.*--port/u],
  ["EADDRNOTAVAIL", "config-invalid", /kitchen\.local is no address of this machine: .*--host/u],
  ["ENOTFOUND", "config-invalid", /no address is known for the name kitchen\.local: .*--host/u],
])("%s of listening says with %s what to change", (system, code, message) => {
  expect(failureOf(system)).toBeInstanceOf(AntiphonError);
  expect(failureOf(system)).toMatchObject({ code, message: expect.stringMatching(message) as string });
});

test("a failure that has nothing to do with the address stays what it is", () => {
  expect(failureOf("EMFILE")).not.toBeInstanceOf(AntiphonError);
});
