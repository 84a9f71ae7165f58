import { afterEach, expect, test, vi } from "vitest";

import { Session } from "../../web/client/session.ts";
import { FakeSocket, ready } from "./fake-socket.ts";

const never = (): void => undefined;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("who enters another key is excused, and the next connection shows it", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", () => Promise.resolve(new Response('{"status":"ready"}')));
  vi.stubGlobal("WebSocket", FakeSocket);
  const session = new Session("http://here", {
    onChange: never,
    onMessage: never,
    onSound: never,
    onBreak: never,
  });
  const connect = async (): Promise<FakeSocket> => {
    session.open();
    await vi.advanceTimersByTimeAsync(0);
    FakeSocket.last.dispatchEvent(new Event("open"));
    return FakeSocket.last;
  };
  const refused = await connect();
  refused.say({ type: "error", code: "unauthorized", message: "no key", fatal: true });
  session.useKey("sesame");
  expect(session.state).toMatchObject({ link: "closed", problem: undefined });
  expect(FakeSocket.last).toBe(refused);
  const admitted = await connect();
  expect(admitted.url).toBe("ws://here/v1/conversation?api_key=sesame");
  admitted.say(ready);
  session.close();
  session.useKey(undefined);
  expect((await connect()).url).toBe("ws://here/v1/conversation");
  session.close();
});
