/** For this tab only: who closes it takes the key along. */
const KEY = "antiphon-key";
const PARAMETER = "api_key";

/** As much of a browser's window as a key needs. */
export interface KeyPlace {
  readonly location: Pick<Location, "href">;
  readonly history: Pick<History, "replaceState" | "state">;
  /** Throws where the browser keeps nothing for pages. */
  readonly sessionStorage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

/**
 * The key that this page was opened with, or that this tab was told before. It is taken out of the address, so that nobody
 * reads it there, or sends it on with a link.
 */
export function takeKey(place: KeyPlace): string | undefined {
  const address = new URL(place.location.href);
  const key = address.searchParams.get(PARAMETER);
  if (key === null) return storedKey(place);
  address.searchParams.delete(PARAMETER);
  place.history.replaceState(place.history.state, "", address.href);
  keepKey(key, place);
  return key === "" ? undefined : key;
}

/** Remembers a key for this tab; an empty one is forgotten. */
export function keepKey(key: string, place: KeyPlace): void {
  try {
    if (key === "") place.sessionStorage.removeItem(KEY);
    else place.sessionStorage.setItem(KEY, key);
  } catch {
    // The page works without a memory, until it is loaded again.
  }
}

function storedKey(place: KeyPlace): string | undefined {
  try {
    return place.sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}
