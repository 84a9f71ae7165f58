import { expect, test } from "vitest";

import { isFromThisMachine } from "../../../src/server/origins.ts";

test.each([
  ["127.0.0.1", {}, true],
  ["127.8.8.8", {}, true],
  ["::1", {}, true],
  ["::ffff:127.0.0.1", {}, true],
  ["192.168.1.7", {}, false],
  ["::ffff:192.168.1.7", {}, false],
  ["1127.0.0.1", {}, false],
  [undefined, {}, false],
  ["127.0.0.1", { "x-forwarded-for": "127.0.0.1" }, false],
  ["127.0.0.1", { forwarded: "for=192.0.2.7" }, false],
  ["::1", { "x-real-ip": "" }, false],
  ["127.0.0.1", { "x-forwarded-server": "proxy" }, false],
  ["127.0.0.1", { "x-forwarded-port": "443" }, false],
  ["127.0.0.1", { "x-request-id": "1", "x-not-forwarded-for": "1" }, true],
])("who asks from %s with %j is on this machine: %s", (remoteAddress, headers, expected) => {
  const socket = remoteAddress === undefined ? {} : { remoteAddress };
  expect(isFromThisMachine({ headers, socket })).toBe(expected);
});
