"""faster-whisper (CTranslate2, int8) behind lines of JSON, for the bench.

Usage: faster_whisper_peer.py MODEL_FOLDER THREADS. Reads {"file": "16 kHz mono PCM16 wav"} per line and prints
{"text", "ms"}; decoding the file is not part of the time. Ends with its input.
"""

import json
import sys
import time
import wave

import numpy
from faster_whisper import WhisperModel


def read_wav(path):
    with wave.open(path, "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2), path
        pcm = file.readframes(file.getnframes())
    return numpy.frombuffer(pcm, numpy.int16).astype(numpy.float32) / 32768.0


def main():
    folder, threads = sys.argv[1], int(sys.argv[2])
    model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=threads, num_workers=1)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        samples = read_wav(json.loads(line)["file"])
        start = time.perf_counter()
        segments, _ = model.transcribe(
            samples,
            language="en",
            beam_size=1,
            temperature=0,
            without_timestamps=True,
            vad_filter=False,
            condition_on_previous_text=False,
        )
        # Segments are made while they are read.
        text = " ".join(segment.text.strip() for segment in segments)
        print(json.dumps({"text": text, "ms": (time.perf_counter() - start) * 1000}), flush=True)


if __name__ == "__main__":
    main()
