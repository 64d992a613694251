"""A Realtime session and its client for the contract tests: all events held to the SDK's types."""

import json
from collections.abc import Iterable
from typing import get_args

import numpy as np
from openai.types.realtime import RealtimeServerEvent

from api.realtime.events import Json
from api.realtime.session import Realtime
from dialog.content import Answer, Source, Speech, Transcript, Word
from dialog.messages import Inbound, Outbound

SHAPES = {
    get_args(shape.model_fields["type"].annotation)[0]: shape
    for shape in get_args(get_args(RealtimeServerEvent)[0])
}
HEARD = Transcript("Сколько стоит?", (Word("сколько", 0.1, 0.5, 0.9),), 1.2)
ANSWER = Answer("Триста рублей.", "extractive", (Source("d", "Доставка", "300 рублей", 1.0),))


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Client:
    """A session and its client; whatever the client is told must fit the SDK's types."""

    def __init__(self, *, beta: bool = False) -> None:
        self.clock = Clock()
        self.session = Realtime("conv", ("anna", "boris"), beta=beta, clock=self.clock)
        self.beta = beta
        self.inbound: list[Inbound] = []
        self.events: list[Json] = self.fitting(self.session.opening())

    def send(self, kind: str, **fields: object) -> list[Json]:
        return self.frame(json.dumps({"type": kind, **fields}))

    def frame(self, frame: str | bytes) -> list[Json]:
        self.inbound, events = self.session.receive(frame)
        return self.fitting(events)

    def told(self, *messages: Outbound) -> list[Json]:
        return self.fitting(one for message in messages for one in self.session.emit(message))

    def fitting(self, events: Iterable[Json]) -> list[Json]:
        found: list[Json] = json.loads(json.dumps(list(events)))
        for one in found:
            if not self.beta and not one["type"].startswith("beseda."):
                SHAPES[one["type"]].model_validate(one)
        return found


def kinds(events: list[Json]) -> list[str]:
    return [one["type"] for one in events]


def speech(turn: int, seconds: float = 0.5, rate_hz: int = 22_050) -> Speech:
    samples = np.full(round(rate_hz * seconds), 0.25, np.float32)
    return Speech(samples, rate_hz, "Триста рублей.", (), turn)


def error_of(events: list[Json]) -> Json:
    (one,) = events
    assert one["type"] == "error"
    error: Json = one["error"]
    assert "\n" not in error["message"]
    return error


def text_item(text: str, **fields: object) -> Json:
    part = {"type": "input_text", "text": text}
    return {"type": "message", "role": "user", "content": [part], **fields}
