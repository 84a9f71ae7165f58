import { useEffect, useState } from "preact/hooks";

/** Tells the page to draw itself anew, at most once a frame. */
export class Store {
  readonly #listeners = new Set<() => void>();
  #isDue = false;

  touch(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    // In a tab that nobody sees, frames do not come; the page is drawn when it is looked at again.
    requestAnimationFrame(() => {
      this.#isDue = false;
      for (const listener of this.#listeners) listener();
    });
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Draws the component again whenever the store is touched. */
export function useStore(store: Store): void {
  const [, redraw] = useState(0);
  useEffect(
    () =>
      store.subscribe(() => {
        redraw((count) => count + 1);
      }),
    [store],
  );
}
