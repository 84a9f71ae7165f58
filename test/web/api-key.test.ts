import { expect, test, vi } from "vitest";

import { keepKey, takeKey, type KeyPlace } from "../../web/page/api-key.ts";

function openAt(href: string, stored = new Map<string, string>()) {
  const replaceState = vi.fn<(state: unknown, unused: string, url?: string | URL | null) => void>();
  const place: KeyPlace = {
    location: { href },
    history: { state: "s", replaceState },
    sessionStorage: {
      getItem: (name) => stored.get(name) ?? null,
      setItem: (name, value) => void stored.set(name, value),
      removeItem: (name) => void stored.delete(name),
    },
  };
  return { place, stored, replaceState };
}

test("a key in the address is taken out of it, and nothing else is, and known again after a reload", () => {
  const { place, stored, replaceState } = openAt("http://here/?a=1&api_key=se%20same#end");
  expect(takeKey(place)).toBe("se same");
  expect(replaceState).toHaveBeenCalledExactlyOnceWith("s", "", "http://here/?a=1#end");
  const again = openAt("http://here/?a=1#end", stored);
  expect(takeKey(again.place)).toBe("se same");
  expect(again.replaceState).not.toHaveBeenCalled();
});

test("an empty key in the address, or one that is taken back, is none", () => {
  const { place, stored } = openAt("http://here/?api_key=", new Map([["antiphon-key", "old"]]));
  expect(takeKey(place)).toBeUndefined();
  expect(stored.size).toBe(0);
  keepKey("new", place);
  expect(takeKey(openAt("http://here/", stored).place)).toBe("new");
  keepKey("", place);
  expect(stored.size).toBe(0);
});

test("a browser that keeps nothing for pages shows the key of the address all the same", () => {
  const { place, replaceState } = openAt("http://here/?api_key=k");
  const forbid = (): never => {
    throw new DOMException("no storage", "SecurityError");
  };
  const forgetful = (href: string): KeyPlace => ({
    ...place,
    location: { href },
    get sessionStorage(): never {
      return forbid();
    },
  });
  expect(takeKey(forgetful("http://here/?api_key=k"))).toBe("k");
  expect(replaceState).toHaveBeenCalledOnce();
  expect(takeKey(forgetful("http://here/"))).toBeUndefined();
});
