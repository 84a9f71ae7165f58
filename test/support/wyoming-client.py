"""Asks a Wyoming server with the protocol's own package, as Home Assistant does, and prints what came as JSON."""

import asyncio
import json
import struct
import math
import sys

from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info
from wyoming.ping import Ping
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop
from wyoming.asr import Transcript

FORMAT = {"rate": 16000, "width": 2, "channels": 1}


def tone(frequency, seconds, rate=16000):
    """Sound that the scripted recogniser takes for a phrase."""
    samples = [int(16000 * math.sin(2 * math.pi * frequency * n / rate)) for n in range(int(rate * seconds))]
    return struct.pack(f"<{len(samples)}h", *samples)


def wav_sound(path):
    import wave

    with wave.open(path, "rb") as file:
        return file.readframes(file.getnframes()), file.getframerate(), file.getnchannels()


async def read_until(client, *last):
    events = []
    while True:
        event = await client.read_event()
        if event is None:
            return events
        events.append(event)
        if event.type in last:
            return events


def shown(event):
    return {"type": event.type, **({"data": event.data} if event.type != "audio-chunk" else {}), "bytes": len(event.payload or b"")}


async def main(port, flow, *args):
    async with AsyncTcpClient("127.0.0.1", int(port)) as client:
        if flow == "describe":
            await client.write_event(Describe().event())
            info = Info.from_event(await client.read_event())
            return [info.asr[0].supports_transcript_streaming, info.tts[0].supports_synthesize_streaming,
                    info.handle[0].supports_handled_streaming, info.asr[0].models[0].languages,
                    info.tts[0].voices[0].name, info.handle[0].models[0].name]
        if flow == "ping":
            await client.write_event(Ping(text="hello").event())
            return [shown(event) for event in await read_until(client, "pong")]
        if flow == "transcribe":
            sound, rate, channels = (tone(float(args[0]), 1.0), 16000, 1) if args[0].isdigit() else wav_sound(args[0])
            form = {"rate": rate, "width": 2, "channels": channels}
            await client.write_event(Transcribe(language="en").event())
            await client.write_event(AudioStart(**form).event())
            for start in range(0, len(sound), 3200):
                await client.write_event(AudioChunk(audio=sound[start:start + 3200], **form).event())
                await asyncio.sleep(0.02)
            await client.write_event(AudioStop().event())
            return [shown(event) for event in await read_until(client, "transcript-stop", "error")]
        if flow == "synthesize":
            await client.write_event(Synthesize(text=args[0]).event())
            return [shown(event) for event in await read_until(client, "audio-stop", "error")]
        if flow == "synthesize-stream":
            await client.write_event(SynthesizeStart().event())
            for piece in args:
                await client.write_event(SynthesizeChunk(text=piece).event())
            await client.write_event(Synthesize(text="".join(args)).event())
            await client.write_event(SynthesizeStop().event())
            return [shown(event) for event in await read_until(client, "synthesize-stopped", "error")]
        if flow == "handle":
            await client.write_event(Transcript(text=args[0], context={"conversation_id": args[1]}, language="en").event())
            return [shown(event) for event in await read_until(client, "handled-stop", "not-handled", "error")]
        raise ValueError(flow)


print(json.dumps(asyncio.run(main(*sys.argv[1:]))))
