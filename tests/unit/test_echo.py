"""The assistant's own voice, come back: late, soft, and told from a caller's."""

import numpy as np
import pytest

from api.conversation.call import Call, Trace
from asr.turns.echo import Echo, PlaybackCursor
from asr.vad import FRAME
from dialog.content import Samples, Speech, Transcript
from dialog.messages import Played

pytestmark = pytest.mark.unit

FRAMES = 90


def voice(seed: int) -> Samples:
    """Noise as loud and as soft, by turns, as speech: syllables of some frames, and pauses."""
    random = np.random.default_rng(seed)
    levels = np.repeat(10 ** (random.uniform(-45, -8, FRAMES // 2) / 20), 2)
    return (random.normal(0, 1, (FRAMES, FRAME)) * levels[:, None]).astype(np.float32)


def late(frames: Samples, by: int, loss_db: float) -> Samples:
    softer = frames * np.float32(10 ** (-loss_db / 20))
    return np.concatenate((np.zeros((by, FRAME), np.float32), softer))[: len(frames)]


@pytest.mark.parametrize("by", [0, 5, 20])
@pytest.mark.parametrize("loss_db", [6.0, 24.0])
def test_echo_is_known_once_its_shape_is(by: int, loss_db: float) -> None:
    echo, played = Echo(), voice(1)
    heard = late(played, by, loss_db)
    judged = [echo.push(h, p) for h, p in zip(heard, played, strict=True)]
    assert np.mean(judged[60:]) > 0.9
    assert echo.explains(25)


def test_a_caller_who_speaks_over_the_echo_is_heard() -> None:
    echo, played = Echo(), voice(1)
    heard = late(played, 5, 24.0)
    over = heard[60:] + 0.5 * voice(2)[60:] / np.abs(voice(2)).max() * 4
    for h, p in zip(heard[:60], played[:60], strict=True):
        echo.push(h, p)
    judged = [echo.push(h, p) for h, p in zip(over, played[60:], strict=True)]
    assert np.mean(judged) < 0.5
    assert not echo.explains(20)


def test_what_is_not_echo_is_not_taken_for_it() -> None:
    echo, played, heard = Echo(), voice(1), voice(2)
    judged = [echo.push(h, p) for h, p in zip(heard, played, strict=True)]
    assert not any(judged)
    assert not echo.explains(20)
    assert not any(Echo().push(frame, np.zeros(0, np.float32)) for frame in heard)


def test_what_sounds_goes_on_between_reports() -> None:
    call, sounding = Call(live=True), PlaybackCursor()
    number = call.begin(Transcript("", (), 0.0), Trace(0.0))
    samples = np.arange(8000, dtype=np.float32)
    call.playback.give(Speech(samples, 8000, "да", (), number))
    assert len(sounding.next(call)) == 0
    call.playback.played(Played(number, 800))
    assert [sounding.next(call)[0] for _ in range(3)] == [800, 1056, 1312]
    call.playback.played(Played(number, 7900))
    assert sounding.next(call).tolist() == samples[7900:].tolist()
