// Asks a spoken question and keeps the spoken answer:
//   npx tsx examples/client.ts examples/question.wav answer.pcm ws://127.0.0.1:8787/v1/conversation
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import WebSocket from "ws";

const [question = "examples/question.wav", answer = "answer.pcm", address] = process.argv.slice(2);
const socket = new WebSocket(address ?? "ws://127.0.0.1:8787/v1/conversation");
const format = { format: "pcm16", sampleRate: 16_000 };
const FRAME_BYTES = 640; // 20 ms
const heard: Buffer[] = [];

socket.on("open", () => {
  socket.send(JSON.stringify({ type: "hello", version: 1, input: format, output: format }));
});
socket.on("message", (data: Buffer, isBinary) => {
  if (isBinary) return void heard.push(data.subarray(12)); // behind the frame's header
  const message = JSON.parse(data.toString()) as { type: string; text?: string };
  if (message.type === "ready") void speak();
  if (message.type === "transcript-end") console.log("heard   ", message.text);
  if (message.type === "error") console.error(message);
  if (message.type !== "answer-end") return;
  console.log("answered", message.text);
  writeFileSync(answer, Buffer.concat(heard)); // 16-bit, 16 kHz, mono
  socket.close(1000);
});

/** Says the question, then goes on with silence, as a microphone does. */
async function speak(): Promise<void> {
  const sound = readFileSync(question).subarray(44); // behind the header of a plain WAV file
  for (let at = 0; socket.readyState === WebSocket.OPEN; at += FRAME_BYTES) {
    const frame = Buffer.alloc(12 + FRAME_BYTES);
    frame.set([1, 1]); // sound of version 1; turn and time may be 0
    frame.set(sound.subarray(at, at + FRAME_BYTES), 12);
    socket.send(frame);
    await delay(20);
  }
}
