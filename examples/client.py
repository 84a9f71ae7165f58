"""Asks a spoken question and keeps the spoken answer (pip install websockets):
    python3 examples/client.py examples/question.wav answer.wav ws://127.0.0.1:8787/v1/conversation
"""
import asyncio
import json
import sys
import wave

from websockets.asyncio.client import connect


async def speak(socket, question):
    with wave.open(question) as file:  # 16-bit, mono
        sound, frame = file.readframes(file.getnframes()), file.getframerate() // 50 * 2
    for at in range(0, 10**9, frame):  # then silence, as of a microphone
        header = bytes([1, 1]) + bytes(10)  # sound of version 1; turn and time may be 0
        await socket.send(header + sound[at : at + frame].ljust(frame, b"\0"))
        await asyncio.sleep(0.02)


async def main(question="examples/question.wav", answer="answer.wav", url="ws://127.0.0.1:8787/v1/conversation"):
    with wave.open(question) as file:
        form = {"format": "pcm16", "sampleRate": file.getframerate()}
    async with connect(url) as socket, asyncio.TaskGroup() as tasks:
        await socket.send(json.dumps({"type": "hello", "version": 1, "input": form, "output": form}))
        speaking, heard = tasks.create_task(speak(socket, question)), b""
        async for data in socket:
            if isinstance(data, bytes):
                heard += data[12:]  # behind the frame's header
                continue
            message = json.loads(data)
            if message["type"] == "transcript-end":
                print("heard   ", message["text"])
            if message["type"] == "answer-end":
                print("answered", message["text"])
                break
        speaking.cancel()
    with wave.open(answer, "wb") as file:
        file.setparams((1, 2, form["sampleRate"], 0, "NONE", ""))
        file.writeframes(heard)


asyncio.run(main(*sys.argv[1:]))
