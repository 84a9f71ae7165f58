import { connect } from "node:net";

import { AntiphonError } from "../../streaming/index.ts";
import { abortableDelay } from "./system.ts";

export interface DownloadTimings {
  /** Time for a first TCP connection to a host; a host that misses it counts as unreachable for the run. */
  readonly connectTimeoutMs: number;
  /** Longest silence within a response, and longest wait for its first byte. */
  readonly idleTimeoutMs: number;
  /** Failures in a row, without a byte gained, after which a host that has answered before is given up. */
  readonly maximumFailures: number;
  /** First pause after a failure; doubles with each further one, up to `longestPauseMs`. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

const DEFAULT_TIMINGS: DownloadTimings = {
  connectTimeoutMs: 3_000,
  idleTimeoutMs: 20_000,
  maximumFailures: 6,
  firstPauseMs: 500,
  longestPauseMs: 15_000,
};

/** A host that never answered is tried twice only: networks that block it should not cost half a minute. */
const FAILURES_BEFORE_FIRST_ANSWER = 2;

export interface DownloadRequest {
  /** First byte wanted. */
  readonly offset: number;
  /** Length of the whole file in bytes; anything else is refused. */
  readonly size: number;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

interface Attempt extends DownloadRequest {
  /** Where this request starts: `offset` plus what earlier requests brought. */
  readonly position: number;
}

/** A failure that may pass: a dropped connection, a busy server. `pauseMs` is what the server asked us to wait. */
interface PassingFailure {
  readonly reason: string;
  readonly pauseMs: number;
}

interface AttemptEnd {
  readonly received: number;
  readonly failure: PassingFailure | undefined;
}

/** Reads files over HTTP, going on where a connection dropped, and remembers for its lifetime which hosts do not answer. */
export class Downloader {
  readonly #timings: DownloadTimings;
  readonly #reachable = new Map<string, Promise<string | undefined>>();
  readonly #answered = new Set<string>();

  constructor(timings: Partial<DownloadTimings> = {}) {
    this.#timings = { ...DEFAULT_TIMINGS, ...timings };
  }

  /**
   * Yields the bytes from `offset` to the end. Passing failures (connection errors, 408, 429, 5xx) are retried with
   * exponential back-off and jitter, from the byte reached.
   *
   * @throws AntiphonError `source-unavailable` when the host does not answer, refuses, or has a file of another size.
   */
  async *read(url: URL, request: DownloadRequest): AsyncGenerator<Uint8Array, void, void> {
    await this.#requireReachable(url);
    let position = request.offset;
    let failures = 0;
    while (position < request.size) {
      const { received, failure } = yield* this.#attempt(url, { ...request, position });
      position += received;
      if (failure === undefined) continue;
      failures = received > 0 ? 1 : failures + 1;
      if (failures >= this.#allowedFailures(url)) this.#giveUp(url, failure.reason);
      await abortableDelay(Math.max(failure.pauseMs, this.#pauseMs(failures)), request.signal);
    }
  }

  async *#attempt(url: URL, attempt: Attempt): AsyncGenerator<Uint8Array, AttemptEnd, void> {
    const stalled = new AbortController();
    const idleMs = this.#timings.idleTimeoutMs;
    const timer = setTimeout(() => {
      stalled.abort(new Error(`nothing came for ${idleMs / 1000} s`));
    }, idleMs);
    let received = 0;
    try {
      const response = await fetch(url, {
        headers: requestHeaders(attempt),
        signal: AbortSignal.any([attempt.signal, stalled.signal]),
      });
      this.#answered.add(url.host);
      const refusal = passingRefusal(response);
      if (refusal !== undefined) return { received, failure: refusal };
      let skip = bytesToSkip(response, url, attempt);
      const body: AsyncIterable<Uint8Array> | null = response.body;
      for await (const chunk of body ?? []) {
        const wanted = chunk.subarray(Math.min(skip, chunk.byteLength));
        skip -= chunk.byteLength - wanted.byteLength;
        received += wanted.byteLength;
        if (wanted.byteLength > 0) yield wanted;
        timer.refresh();
      }
      const complete = attempt.position + received >= attempt.size;
      return { received, failure: complete ? undefined : { reason: "the answer ended early", pauseMs: 0 } };
    } catch (error) {
      attempt.signal.throwIfAborted();
      if (error instanceof AntiphonError) throw error;
      return { received, failure: { reason: errorText(error), pauseMs: 0 } };
    } finally {
      clearTimeout(timer);
      // Lets go of a connection whose answer was not read to its end.
      stalled.abort();
    }
  }

  #allowedFailures(url: URL): number {
    return this.#answered.has(url.host) ? this.#timings.maximumFailures : FAILURES_BEFORE_FIRST_ANSWER;
  }

  #pauseMs(failures: number): number {
    const { firstPauseMs, longestPauseMs } = this.#timings;
    // Half fixed, half random: clients that failed together do not come back together.
    return Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
  }

  #giveUp(url: URL, reason: string): never {
    if (!this.#answered.has(url.host)) this.#reachable.set(url.host, Promise.resolve(reason));
    throw unavailable(url, reason);
  }

  /** One TCP connection per host and run says quickly whether it is worth a request. */
  async #requireReachable(url: URL): Promise<void> {
    let probe = this.#reachable.get(url.host);
    if (probe === undefined) {
      probe = probeHost(url, this.#timings.connectTimeoutMs);
      this.#reachable.set(url.host, probe);
    }
    const reason = await probe;
    if (reason !== undefined) throw unavailable(url, reason);
  }
}

function requestHeaders({ position, token }: Attempt): Record<string, string> {
  return {
    // A compressed transfer has other offsets than the file.
    "accept-encoding": "identity",
    ...(position > 0 && { range: `bytes=${position}-` }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
}

/**
 * Checks a response against what was asked. A server may ignore the range and send everything (200): then the bytes that
 * we have are skipped.
 */
function bytesToSkip(response: Response, url: URL, { position, size }: Attempt): number {
  if (response.status === 206) {
    const [, start, total] =
      /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "") ?? [];
    if (Number(start) !== position || (total !== "*" && Number(total) !== size)) {
      throw unavailable(url, `sent another range than bytes ${position} to the end of ${size}`);
    }
    return 0;
  }
  if (response.status === 200) {
    const length = response.headers.get("content-length");
    if (length !== null && Number(length) !== size) {
      throw unavailable(url, `has a file of ${length} bytes where ${size} are expected`);
    }
    return position;
  }
  throw refusal(response, url, size);
}

/** The pause a busy server asks for; anything else that is not a success is final. */
function passingRefusal(response: Response): PassingFailure | undefined {
  const { status } = response;
  if (status !== 408 && status !== 429 && status < 500) return undefined;
  const seconds = Number(response.headers.get("retry-after") ?? 0);
  return {
    reason: `answered HTTP ${status}`,
    pauseMs: Number.isFinite(seconds) ? Math.min(seconds, 60) * 1000 : 0,
  };
}

function refusal({ status }: Response, url: URL, size: number): AntiphonError {
  if (status === 416) return unavailable(url, `has a shorter file than the ${size} bytes expected`);
  if (status === 401 || status === 403) {
    return unavailable(url, `refuses access (HTTP ${status}); if the file needs an account, set HF_TOKEN`);
  }
  return unavailable(url, `answered HTTP ${status}`);
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // fetch says only "fetch failed"; its cause says why.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function unavailable(url: URL, reason: string): AntiphonError {
  return new AntiphonError("source-unavailable", `${url.host}: ${reason}`);
}

/** @returns why a TCP connection to the host failed, `undefined` when it did not. */
async function probeHost(url: URL, timeoutMs: number): Promise<string | undefined> {
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return await new Promise((resolve) => {
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ""), port });
    const settle = (reason: string | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reason);
    };
    const timer = setTimeout(settle, timeoutMs, `did not answer within ${timeoutMs / 1000} s`);
    socket.once("connect", () => {
      settle(undefined);
    });
    socket.once("error", (error) => {
      settle(`cannot be reached (${error.message})`);
    });
  });
}
