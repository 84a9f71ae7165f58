import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Session } from "../../web/client/session.ts";
import { FakeSocket, ready } from "./fake-socket.ts";

const onChange = vi.fn();
const never = (): void => undefined;
let session: Session;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", () => Promise.resolve(new Response('{"status":"ready"}')));
  vi.stubGlobal("WebSocket", FakeSocket);
  session = openedWith(undefined);
});
afterEach(() => {
  session.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function openedWith(key: string | undefined): Session {
  return new Session("http://here", { onChange, onMessage: never, onSound: never, onBreak: never }, key);
}

async function connect(afterMs = 0): Promise<FakeSocket> {
  session.open();
  await vi.advanceTimersByTimeAsync(afterMs);
  FakeSocket.last.dispatchEvent(new Event("open"));
  return FakeSocket.last;
}

const refusal = { type: "error", code: "unauthorized", message: "no key", fatal: true } as const;

test("who enters another key is excused, and the next conversation shows it", async () => {
  const refused = await connect();
  refused.say(refusal);
  session.useKey("sesame");
  expect(session.state).toMatchObject({ link: "closed", problem: undefined });
  expect(FakeSocket.last).toBe(refused);
  const admitted = await connect();
  expect(admitted.url).toBe("ws://here/v1/conversation?api_key=sesame");
  admitted.say(ready);
  session.close();
  session.useKey(undefined);
  expect((await connect()).url).toBe("ws://here/v1/conversation");
});

test("a conversation that goes on comes back with the key that it was let in with, whatever was entered since", async () => {
  session = openedWith("sesame");
  const first = await connect();
  first.say(ready);
  session.useKey("a slip");
  first.break();
  const second = await connect(1000);
  expect(second).not.toBe(first);
  expect(second.url).toBe("ws://here/v1/conversation?api_key=sesame");
  expect(second.said("hello")).toMatchObject([{ resume: "abc" }]);
  second.say({ ...ready, resumed: true });
  session.restart();
  expect((await connect()).url).toBe("ws://here/v1/conversation?api_key=a%20slip");
});

test("a key that is entered before there is a conversation is shown at once", async () => {
  const first = await connect();
  session.useKey("sesame");
  first.break();
  expect((await connect(1000)).url).toBe("ws://here/v1/conversation?api_key=sesame");
});

test("another key mends what was refused for the key, and nothing else", async () => {
  const socket = await connect();
  socket.say(ready);
  socket.say({ type: "error", code: "llm-timeout", message: "too slow", fatal: false });
  session.useKey("sesame");
  expect(session.state.problem).toMatchObject({ code: "llm-timeout" });
});

test("whether there is a key is told, also when it is taken back, which mends no refusal", async () => {
  expect(session.hasKey).toBe(false);
  session.useKey("a slip");
  expect(session.hasKey).toBe(true);
  (await connect()).say(refusal);
  onChange.mockClear();
  session.useKey(undefined);
  expect(session.hasKey).toBe(false);
  expect(onChange).toHaveBeenCalledOnce();
  expect(session.state.problem).toMatchObject({ code: "unauthorized" });
});
