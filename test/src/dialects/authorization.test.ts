import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  isAuthorized,
  isAuthorizedOrByAddress,
  isSocketAuthorized,
} from "../../../src/dialects/authorization.ts";

const keys = ["one key", "another"];
const withBearer = (authorization: string) => ({ headers: { authorization }, url: "/" });

describe("isAuthorized", () => {
  it("lets everybody in where no keys are asked for", () => {
    expect(isAuthorized({ headers: {}, url: "/" }, [])).toBe(true);
  });

  it("lets in who has any of the keys, however the scheme is written", () => {
    expect(isAuthorized(withBearer("Bearer one key"), keys)).toBe(true);
    expect(isAuthorized(withBearer("bearer   another "), keys)).toBe(true);
  });

  it("keeps out who has no key, another scheme, or a key in the address", () => {
    for (const authorization of [
      "",
      "Bearer",
      "Bearer ",
      "another",
      "Basic another",
      "Bearer anothe",
      "Bearer anotherr",
    ])
      expect(isAuthorized(withBearer(authorization), keys)).toBe(false);
    expect(isAuthorized({ headers: {}, url: "/?api_key=another" }, keys)).toBe(false);
  });

  it("lets nobody in by chance", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!keys.includes(text.trim()));
        return !isAuthorized(withBearer(`Bearer ${text}`), keys) && !isAuthorized(withBearer(text), keys);
      }),
    );
  });
});

describe("isAuthorizedOrByAddress", () => {
  it("takes a key from the header or the address, and from no subprotocol", () => {
    expect(isAuthorizedOrByAddress(withBearer("Bearer another"), keys)).toBe(true);
    expect(isAuthorizedOrByAddress({ headers: {}, url: "/?api_key=one%20key" }, keys)).toBe(true);
    expect(isAuthorizedOrByAddress({ headers: {}, url: "/?api_key=" }, keys)).toBe(false);
    expect(isAuthorizedOrByAddress({ headers: {}, url: "/" }, [])).toBe(true);
    const headers = { "sec-websocket-protocol": "openai-insecure-api-key.another" };
    expect(isAuthorizedOrByAddress({ headers, url: "/" }, keys)).toBe(false);
  });
});

describe("isSocketAuthorized", () => {
  it("takes a key from the header, a subprotocol or the address", () => {
    expect(isSocketAuthorized(withBearer("Bearer another"), keys)).toBe(true);
    const offered = { "sec-websocket-protocol": "realtime, openai-insecure-api-key.another" };
    expect(isSocketAuthorized({ headers: offered, url: "/" }, keys)).toBe(true);
    expect(isSocketAuthorized({ headers: {}, url: "/v1/realtime?model=a&api_key=one%20key" }, keys)).toBe(
      true,
    );
  });

  it("keeps out who offers something else", () => {
    const headers = { "sec-websocket-protocol": "realtime, openai-insecure-api-key." };
    expect(isSocketAuthorized({ headers, url: "/?api_key=" }, keys)).toBe(false);
    fc.assert(
      fc.property(fc.string(), fc.string(), (protocol, url) => {
        return !isSocketAuthorized({ headers: { "sec-websocket-protocol": protocol }, url }, keys);
      }),
    );
  });
});
