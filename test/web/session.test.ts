import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Session } from "../../web/client/session.ts";
import { FakeSocket, ready } from "./fake-socket.ts";

/** What the server answers to `GET /ready`; undefined where there is none. */
let readiness: string | undefined;
/** Whether it takes the question and says nothing. */
let isStalled = false;
const fetched = vi.fn((_url: string, options: RequestInit) => {
  if (isStalled)
    return new Promise<Response>((_, reject) => {
      options.signal!.addEventListener("abort", reject);
    });
  if (readiness === undefined) return Promise.reject(new TypeError("nobody there"));
  return Promise.resolve(new Response(readiness));
});
const listener = { onChange: vi.fn(), onMessage: vi.fn(), onSound: vi.fn(), onBreak: vi.fn() };
const sockets: FakeSocket[] = [];
let session: Session;

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  sockets.length = 0;
  readiness = '{"status":"ready"}';
  isStalled = false;
  vi.stubGlobal("fetch", fetched);
  // The browser's own waits in a time that the test cannot turn.
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort();
    }, ms);
    return controller.signal;
  });
  class Socket extends FakeSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }
  vi.stubGlobal("WebSocket", Socket);
  session = new Session("http://here", listener);
});
afterEach(() => {
  session.close();
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const pass = async (ms: number): Promise<unknown> => await vi.advanceTimersByTimeAsync(ms);

/** The connection that was opened last, after its hello and, unless told otherwise, the server's word. */
async function connect(answer: typeof ready | "silence" = ready): Promise<FakeSocket> {
  await pass(0);
  const socket = sockets.at(-1)!;
  socket.dispatchEvent(new Event("open"));
  if (answer !== "silence") socket.say(answer);
  return socket;
}

test("a server that asks for a key is shown the one that there is, on every connection; others see none", async () => {
  session.open();
  expect((await connect()).url).toBe("ws://here/v1/conversation");
  session.close();
  session = new Session("https://here", listener, "a key&b");
  session.open();
  const first = await connect();
  expect(first.url).toBe("wss://here/v1/conversation?api_key=a%20key%26b");
  first.break();
  await pass(1000);
  expect(sockets.at(-1)).not.toBe(first);
  expect(sockets.at(-1)?.url).toBe(first.url);
});

/** A browser that can encode Opus, until the encoder is made to fail. */
function stubEncoder(): { fail: () => void } {
  const encoder = { fail: (): void => undefined };
  vi.stubGlobal("AudioData", vi.fn());
  vi.stubGlobal(
    "AudioEncoder",
    class {
      static isConfigSupported = () => Promise.resolve({ supported: true });
      state = "configured";
      configure = vi.fn();
      close = vi.fn();
      constructor({ error }: { readonly error: () => void }) {
        encoder.fail = error;
      }
    },
  );
  return encoder;
}

test("nobody connects before the server is ready, and meanwhile it is told how far that is", async () => {
  readiness = '{"status":"loading","loading":{"step":"fetching","doneBytes":1,"totalBytes":4}}';
  session.open();
  await pass(2500);
  expect(sockets).toHaveLength(0);
  expect(session.state).toMatchObject({ link: "loading", server: { loading: { doneBytes: 1 } } });
  readiness = '{"status":"ready"}';
  await pass(1000);
  await connect();
  expect(session.state.link).toBe("open");
});

test("who only looks asks until the server is ready and no longer, and opens no connection", async () => {
  readiness = undefined;
  session.watch();
  await pass(1500);
  expect(session.state).toMatchObject({ link: "closed", server: { status: "unreachable" } });
  readiness = '{"status":"ready"}';
  await pass(60_000);
  expect(fetched).toHaveBeenCalledTimes(3);
  expect(sockets).toHaveLength(0);
});

test("something that stands before the server and talks differently does not keep anybody away", async () => {
  readiness = "<h1>It works</h1>";
  session.open();
  await connect();
  expect(session.state.link).toBe("open");
});

test("after a break the conversation is resumed, later after each failure, until the server is there", async () => {
  session.open();
  const socket = await connect();
  readiness = undefined;
  socket.break();
  expect(session.state.link).toBe("waiting");
  expect(listener.onBreak).toHaveBeenCalled();
  await pass(20_000);
  const asked = fetched.mock.calls.length;
  expect(asked).toBeLessThan(10);
  readiness = '{"status":"ready"}';
  await pass(5000);
  const again = await connect({ ...ready, resumed: true });
  expect(again.said("hello")[0]).toMatchObject({ resume: "abc" });
  expect(session.state).toMatchObject({ link: "open", resumed: true });
});

test("a server that greets and hangs up at once is called less and less often, one that breaks later at once", async () => {
  session.open();
  for (const [calls, delayMs] of [300, 700, 1500, 3000, 5000, 5000].entries()) {
    (await connect()).break();
    await pass(delayMs - 100);
    expect(sockets).toHaveLength(calls + 1);
    await pass(100);
  }
  const steady = await connect();
  await pass(5100);
  steady.break();
  await pass(300);
  expect(sockets.at(-1)).not.toBe(steady);
});

test("a server without Opus gets plain sound on the next connection instead of none", async () => {
  stubEncoder();
  session.open();
  const socket = await connect("silence");
  expect(socket.said("hello")[0]).toMatchObject({ input: { format: "opus" } });
  expect(session.codec).toBe("Opus");
  socket.say({ type: "error", code: "opus-unavailable", message: "no codec", fatal: true });
  socket.break();
  await pass(300);
  expect((await connect()).said("hello")[0]).toMatchObject({ input: { format: "pcm16" } });
  expect(session.codec).toBe("PCM");
  expect(session.state.problem).toBeUndefined();
});

test("who hung up while the server was away is not told of a lost connection when it is called again", async () => {
  readiness = undefined;
  session.open();
  await pass(2000);
  session.close();
  isStalled = true;
  session.open();
  expect(session.state.link).toBe("connecting");
});

test("a key that is refused is not shown again until somebody calls again", async () => {
  session.open();
  const socket = await connect("silence");
  socket.say({ type: "error", code: "unauthorized", message: "no key", fatal: true });
  socket.break();
  await pass(60_000);
  expect(sockets).toHaveLength(1);
  expect(session.state).toMatchObject({ link: "closed", problem: { code: "unauthorized" } });
  session.open();
  await connect();
  expect(session.state).toMatchObject({ link: "open", problem: undefined });
});

test("settings are told at once and by every hello that follows", async () => {
  session.configure({ speed: 1.2 });
  session.open();
  const socket = await connect();
  expect(socket.said("hello")[0]).toMatchObject({ settings: { speed: 1.2 } });
  session.configure({ systemPrompt: "Be kind." });
  expect(socket.said("settings")).toEqual([{ type: "settings", systemPrompt: "Be kind." }]);
  session.restart();
  expect((await connect()).said("hello")[0]).toMatchObject({
    settings: { speed: 1.2, systemPrompt: "Be kind." },
  });
});

test("what an old connection still says after a restart is not heard", async () => {
  session.open();
  const old = await connect();
  session.restart();
  await connect();
  listener.onMessage.mockClear();
  old.say({ type: "transcript-end", turn: 1, text: "from before" });
  expect(listener.onMessage).not.toHaveBeenCalled();
  expect(session.state.turns).toEqual([]);
});

test("who hangs up is not called back", async () => {
  session.open();
  const socket = await connect();
  session.close();
  expect(socket.closedWith).toBe(1000);
  await pass(60_000);
  expect(sockets).toHaveLength(1);
  expect(session.state.link).toBe("closed");
});

test("a connection that is given up before it was ready is closed: nobody would come back to it", async () => {
  const encoder = stubEncoder();
  session.open();
  const silent = await connect("silence");
  await pass(20_000);
  expect(silent.closedWith).toBe(1000);
  const broken = await connect("silence");
  expect(broken).not.toBe(silent);
  encoder.fail();
  expect(broken.closedWith).toBe(1000);
  expect(session.state.link).toBe("waiting");
});

test("a connection that is given up later stays open until the next one has taken its conversation over", async () => {
  const encoder = stubEncoder();
  session.open();
  const first = await connect();
  encoder.fail();
  await pass(300);
  const second = await connect("silence");
  expect(second.said("hello")[0]).toMatchObject({ resume: "abc", input: { format: "pcm16" } });
  expect(first.closedWith).toBeUndefined();
  second.say({ ...ready, resumed: true });
  expect(first.closedWith).toBe(1000);
  expect(second.closedWith).toBeUndefined();
});

test("of those that are given up only the one that holds the conversation stays open, however many never open", async () => {
  const encoder = stubEncoder();
  session.open();
  const first = await connect();
  encoder.fail();
  for (let retry = 0; retry < 3; retry++) {
    await pass(5000);
    const hung = sockets.at(-1)!;
    hung.readyState = FakeSocket.CONNECTING;
    await pass(12_000);
    expect(hung.closedWith).toBe(1000);
  }
  expect(first.closedWith).toBeUndefined();
  await pass(5000);
  await connect({ ...ready, resumed: true });
  expect(first.closedWith).toBe(1000);
});

test("who hangs up leaves no connection behind that had been given up", async () => {
  const encoder = stubEncoder();
  session.open();
  const first = await connect();
  encoder.fail();
  session.close();
  expect(first.closedWith).toBe(1000);
});

test("a server that takes the question how it is and never answers is unreachable, and asked again", async () => {
  isStalled = true;
  session.open();
  await pass(5000);
  expect(session.state).toMatchObject({ link: "waiting", server: { status: "unreachable" } });
  isStalled = false;
  await pass(300);
  await connect();
  expect(session.state.link).toBe("open");
});

test("who begins anew while the page still asks the server how it is gets one connection", async () => {
  session.open();
  session.restart();
  await pass(0);
  expect(sockets).toHaveLength(1);
});
