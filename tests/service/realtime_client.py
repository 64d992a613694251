"""What tests of the Realtime socket share: recordings as clients send them, waiting for events."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from api.realtime.audio import FORMATS
from dialog.audio.decoding import decode
from tests.contract.realtime import SHAPES
from tests.service.serving import SAMPLES

WITHIN_S = 60.0
PIECE_S = 0.1


def question(name: str, form: str = "audio/pcm", silence_s: float = 1.5) -> list[str]:
    """A sample question in pieces of 100 ms, base64, with silence after it."""
    wire = FORMATS[form]
    heard = np.concatenate(list(decode(SAMPLES / "questions" / name, wire.rate_hz)))
    silence = np.zeros(round(silence_s * wire.rate_hz), np.float32)
    samples, size = np.concatenate([heard, silence]), round(PIECE_S * wire.rate_hz)
    pieces = [samples[start : start + size] for start in range(0, len(samples), size)]
    return [base64.b64encode(wire.encode(piece)).decode() for piece in pieces]


async def events(connection: AsyncRealtimeConnection, until: str) -> list[Any]:
    """What the server sends, up to an event of this type; each must fit the SDK's own types."""
    return [one async for one in _until(connection, until)]


async def _until(connection: AsyncRealtimeConnection, until: str) -> AsyncIterator[Any]:
    async with asyncio.timeout(WITHIN_S):
        async for one in connection:
            SHAPES[one.type].model_validate(one.model_dump())
            yield one
            if one.type == until:
                return
    raise AssertionError(f"the connection ended before {until}")


async def say(connection: AsyncRealtimeConnection, pieces: list[str]) -> None:
    """Send pieces at once: the service counts samples, not seconds."""
    for piece in pieces:
        await connection.input_audio_buffer.append(audio=piece)


def spoken_s(found: list[Any], form: str = "audio/pcm") -> float:
    """Seconds of speech in these events."""
    wire = FORMATS[form]
    deltas = (one.delta for one in found if one.type == "response.output_audio.delta")
    return sum(len(wire.decode(base64.b64decode(delta))) for delta in deltas) / wire.rate_hz
