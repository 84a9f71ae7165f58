/**
 * What `promise` comes to, or a rejection with `signal.reason` where that is aborted before. For waits that may outlive
 * whoever waits; no listener is left behind.
 */
export async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  let onAbort: () => void = () => undefined;
  try {
    return await new Promise<Value>((resolve, reject) => {
      onAbort = () => {
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", onAbort);
      promise.then(resolve, reject);
    });
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
