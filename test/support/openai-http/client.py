"""Asks for everything that the server has, with OpenAI's own client, and prints what came."""

import json
import sys

import openai

base_url, question = sys.argv[1:]
client = openai.OpenAI(base_url=base_url, api_key="none", max_retries=0, timeout=60)


def transcribe(**options):
    with open(question, "rb") as file:
        return client.audio.transcriptions.create(model="whisper-1", file=file, **options)


def speak(response_format):
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input="One two three.", response_format=response_format
    ) as response:
        return b"".join(response.iter_bytes())


def chat(content, **options):
    messages = [{"role": "user", "content": content}]
    return client.chat.completions.create(model="antiphon", messages=messages, **options)


def status_of(call):
    try:
        call()
    except openai.APIStatusError as error:
        return error.status_code
    return 200


banana = "What colour is a banana?"
picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,Bw=="}}
remote = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
words = transcribe(response_format="verbose_json", timestamp_granularities=["word"]).words
mp3 = speak("mp3")
print(
    json.dumps(
        {
            "json": transcribe().text,
            "text": transcribe(response_format="text"),
            "srt": "-->" in transcribe(response_format="srt"),
            "vtt": transcribe(response_format="vtt").startswith("WEBVTT"),
            "words": [word.word for word in words],
            "transcript": [event.type for event in transcribe(stream=True)],
            "wav": speak("wav")[:4].decode(),
            "mp3": mp3[0] == 0xFF and len(mp3) > 1000,
            "opus": speak("opus")[:4].decode(),
            "flac": speak("flac")[:4].decode(),
            "chat": chat(banana).choices[0].message.content,
            "stream": "".join(
                chunk.choices[0].delta.content or "" for chunk in chat(banana, stream=True)
            ),
            "picture": chat([picture, {"type": "text", "text": "What is it?"}]).choices[0].message.content is not None,
            "models": [model.id for model in client.models.list()],
            "refused": status_of(lambda: chat([remote])),
            "missing": status_of(lambda: client.models.retrieve("gpt-99")),
        }
    )
)
