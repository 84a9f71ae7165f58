/** A XiaoZhi-compatible board without a microphone: npx tsx examples/xiaozhi-board.ts http://127.0.0.1:8787 "Who are you?" */
import WebSocket from "ws";

const [server = "http://127.0.0.1:8787", question = "What is the capital of France?"] = process.argv.slice(2);
const board = { "Device-Id": "24:0a:c4:00:00:01", "Client-Id": "9a0b6c1e-0000-4000-8000-000000000001" };

interface Message {
  readonly type: string;
  readonly state?: string;
  readonly text?: string;
  readonly message?: string;
}

const system = { application: { version: "2.0.0" }, board: { type: "example" } };
const response = await fetch(`${server}/xiaozhi/ota/`, {
  method: "POST",
  headers: { ...board, "Content-Type": "application/json" },
  body: JSON.stringify(system),
});
const { websocket } = (await response.json()) as { websocket: { url: string; token: string } };

const headers = { ...board, "Protocol-Version": "1", Authorization: `Bearer ${websocket.token}` };
const socket = new WebSocket(websocket.url, { headers });
const audio = { format: "opus", sample_rate: 16_000, channels: 1, frame_duration: 60 };
socket.on("open", () => {
  socket.send(JSON.stringify({ type: "hello", version: 1, transport: "websocket", audio_params: audio }));
});

let packets = 0;
socket.on("message", (data: Buffer, isSound: boolean) => {
  if (isSound) {
    packets += 1; // Opus, 24 kHz, 60 ms: what a board would play
    return;
  }
  const { type, state = "", text = "", message = "" } = JSON.parse(data.toString()) as Message;
  console.log([type, state, text, message].filter((part) => part !== "").join(" "));
  if (type === "hello") socket.send(JSON.stringify({ type: "listen", state: "detect", text: question }));
  if (type === "tts" && state === "stop") {
    console.log(`${packets * 60} ms of sound`);
    socket.close();
  }
});
