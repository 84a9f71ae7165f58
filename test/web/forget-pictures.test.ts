import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { forgetPictures, VoiceClient } from "../../web/client/index.ts";
import { FakeSocket, ready } from "./fake-socket.ts";

// Test files share modules: the client must be made with the same sound in all of them.
vi.mock("../../web/client/sound.ts", async () => ({ Sound: (await import("./fake-sound.ts")).FakeSound }));

let client: VoiceClient;
const forget = vi.fn();

/** The client's newest connection begins a conversation, or goes on with one. */
async function connect(resumed = false): Promise<void> {
  await vi.advanceTimersByTimeAsync(1000);
  FakeSocket.last.dispatchEvent(new Event("open"));
  FakeSocket.last.say({ ...ready, resumed });
}

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", () => Promise.resolve(new Response('{"status":"ready"}')));
  vi.stubGlobal("WebSocket", FakeSocket);
  client = new VoiceClient({ origin: "http://here", worklets: { capture: "", playback: "" } });
  client.startInWriting();
  await connect();
  forget.mockReset();
});
afterEach(async () => {
  await client.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a new conversation knows nothing of the pictures of the one before, from when it is wished for", () => {
  forgetPictures(client, { forget });
  client.restart();
  expect(client.state.conversation.link).not.toBe("open");
  expect(forget).toHaveBeenCalledOnce();
});

test("nor does one in place of a conversation that could not be resumed, before anything is asked there", async () => {
  const links: string[] = [];
  forgetPictures(client, { forget: () => links.push(client.state.conversation.link) });
  FakeSocket.last.break();
  await connect(false);
  expect(links).toEqual(["waiting"]);
  expect(client.state.conversation.link).toBe("open");
});

test("a conversation that goes on after a break knows them still", async () => {
  forgetPictures(client, { forget });
  FakeSocket.last.break();
  await connect(true);
  client.sendText("What is it?");
  FakeSocket.last.say({ type: "answer-start", turn: 1, seat: 0 });
  expect(forget).not.toHaveBeenCalled();
});

test("who does not want to know any more is told nothing", () => {
  const end = forgetPictures(client, { forget });
  end();
  client.restart();
  expect(forget).not.toHaveBeenCalled();
});
