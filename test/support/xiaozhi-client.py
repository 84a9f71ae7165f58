"""Talks to a server with xiaozhi-sdk, an independent client, as its users do, and prints what came as JSON."""

import asyncio
import json
import sys

import numpy

from xiaozhi_sdk import XiaoZhiWebsocket

RATE = 16000
PACKET = RATE * 60 // 1000
JPEG = bytes([0xFF, 0xD8, 0xFF, 0xE0, 7, 7])

messages = []
volumes = []
photos = []


async def on_message(message):
    messages.append(message)


def count(state):
    return sum(1 for m in messages if m.get("type") == "tts" and m.get("state") == state)


async def until(condition, seconds=60):
    for _ in range(seconds * 20):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(json.dumps(messages))


def tone(frequency, seconds):
    """Sound that the scripted recogniser takes for a phrase."""
    return (16000 * numpy.sin(2 * numpy.pi * frequency * numpy.arange(int(RATE * seconds)) / RATE)).astype(numpy.int16)


async def say(client, samples):
    for at in range(0, len(samples) - PACKET + 1, PACKET):
        await client.send_audio(samples[at : at + PACKET].tobytes())
        await asyncio.sleep(0.055)


async def main(ota_url):
    client = XiaoZhiWebsocket(on_message, ota_url=ota_url, audio_sample_rate=RATE)

    def set_volume(arguments):
        volumes.append(arguments["volume"])
        return {"volume": arguments["volume"]}, False

    async def take_photo(arguments):
        answer, failed = await client.async_analyze_image(JPEG, arguments["question"])
        photos.append(answer)
        return answer, failed

    text = {"type": "string"}
    await client.set_mcp_tool(
        [
            {
                "name": "self.audio_speaker.set_volume",
                "description": "Set the volume.",
                "inputSchema": {"type": "object", "properties": {"volume": {"type": "integer"}}, "required": ["volume"]},
                "tool_func": set_volume,
            },
            {
                "name": "self.camera.take_photo",
                "description": "Take a photo.",
                "inputSchema": {"type": "object", "properties": {"question": text}, "required": ["question"]},
                "tool_func": take_photo,
                "is_async": True,
            },
        ]
    )
    connected = await client.init_connection("24:0a:c4:00:00:09")
    await say(client, numpy.zeros(RATE // 2, numpy.int16))
    await say(client, tone(440, 0.8))
    await say(client, numpy.zeros(RATE * 2, numpy.int16))
    await until(lambda: count("stop") == 1)
    sound = numpy.concatenate([numpy.asarray(row).flatten() for row in client.output_audio_queue])
    for index, words in enumerate(["Set the volume to thirty.", "What is in front of you?"]):
        await client.send_text(words)
        await until(lambda: count("stop") == index + 2)
    await client.send_text("Count, please.")
    await until(lambda: count("start") == 4)
    await client.send_abort()
    await until(lambda: count("stop") == 4)
    await client.close()
    print(
        json.dumps(
            {
                "connected": connected,
                "stt": [m["text"] for m in messages if m["type"] == "stt"],
                "sentences": [m["text"] for m in messages if m.get("state") == "sentence_start"],
                "soundMs": len(sound) * 1000 // RATE,
                "loudest": int(numpy.abs(sound).max()),
                "volumes": volumes,
                "photos": photos,
            }
        )
    )


asyncio.run(main(sys.argv[1]))
