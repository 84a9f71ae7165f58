"""Holds a conversation through OpenAI's Python client: URL, two questions in base64, a picture. Prints what it was told."""

import asyncio
import json
import sys

from openai import AsyncOpenAI

TOOL = {
    "type": "function",
    "name": "get_capital",
    "description": "Tells the capital of a country.",
    "parameters": {"type": "object", "properties": {"country": {"type": "string"}}},
}


async def main(url: str, question_file: str, interruption_file: str, picture: str) -> None:
    question, interruption = (open(name).read() for name in (question_file, interruption_file))
    client = AsyncOpenAI(api_key="none", websocket_base_url=url)
    told = {"statuses": [], "transcripts": [], "errors": []}
    pieces = 0
    async with client.realtime.connect(model="antiphon") as connection:
        await connection.session.update(session={"type": "realtime", "tools": [TOOL]})
        await connection.input_audio_buffer.append(audio=question)
        async for event in connection:
            if event.type == "error":
                told["errors"].append(event.error.message)
            elif event.type == "response.output_audio_transcript.done":
                told["transcripts"].append(event.transcript)
            elif event.type == "response.output_item.done" and event.item.type == "function_call":
                output = {"type": "function_call_output", "call_id": event.item.call_id, "output": "Paris"}
                await connection.conversation.item.create(item=output)
            elif event.type == "response.output_audio.delta" and len(told["statuses"]) == 2:
                pieces += 1
                if pieces == 60:
                    await connection.input_audio_buffer.append(audio=interruption)
            elif event.type == "response.done":
                told["statuses"].append(event.response.status)
                if len(told["statuses"]) == 1:
                    await connection.response.create()
                elif len(told["statuses"]) == 2:
                    content = [
                        {"type": "input_image", "image_url": picture},
                        {"type": "input_text", "text": "Tell me a story."},
                    ]
                    item = {"type": "message", "role": "user", "content": content}
                    await connection.conversation.item.create(item=item)
                    await connection.response.create()
                elif len(told["statuses"]) == 4:
                    break
    print(json.dumps(told))


asyncio.run(main(*sys.argv[1:]))
