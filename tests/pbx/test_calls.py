"""Real calls: baresip dials Asterisk, Asterisk brings the call to Beseda, the models answer.

Each test places a call over each transport at the same moment, so every one of them is also a
test of two calls at once. Beseda has two lines: a call that were not let go would block the next.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from dialog.content import Samples
from tests.pbx.conftest import LINES, Service, question
from tests.pbx.exchange import Exchange
from tests.pbx.telephone import DOWN, Telephone, dialled
from tests.pbx.wire import watched

pytestmark = [pytest.mark.pbx, pytest.mark.usefixtures("exchange")]

T = TypeVar("T")

# AudioSocket as an application, at 8 kHz; as a channel, at 16 kHz. The WebSocket channel when
# Asterisk connects, in plain words and mu-law, in JSON at 16 kHz; when Beseda does, over ARI.
APPLICATION, CHANNEL, PLAIN, IN_JSON, OVER_ARI = "100", "102", "110", "111", "120"
LOUD = 0.005
STEP_S = 0.1
PAUSE_S = 1.2


def at_once(act: Callable[[int, str], T], *extensions: str) -> list[T]:
    """The same at the same moment on several lines."""
    with ThreadPoolExecutor(len(extensions)) as pool:
        return list(pool.map(act, range(len(extensions)), extensions))


def loud(heard: Samples, rate_hz: int) -> list[bool]:
    """Whether something is said, for each 0.1 s."""
    size = round(rate_hz * STEP_S)
    whole = heard[: len(heard) // size * size].reshape(-1, size)
    return [bool(level > LOUD) for level in np.sqrt((whole**2).mean(axis=1))]


def until(phone: Telephone, holds: Callable[[list[bool]], bool], within_s: float = 60.0) -> None:
    """Listen until what was heard is such; the call must still be up."""
    until_s = time.monotonic() + within_s
    while not holds(loud(phone.heard(), phone.rate_hz)):
        assert not phone.is_down(), "the call ended"
        assert time.monotonic() < until_s, "".join("#" if one else "." for one in
                                                   loud(phone.heard(), phone.rate_hz))  # fmt: skip
        time.sleep(STEP_S)  # a real call on a real clock


def said_after(seconds: float) -> Callable[[list[bool]], bool]:
    """Something was said after that time, and now there is a pause."""
    start, pause = round(seconds / STEP_S), round(PAUSE_S / STEP_S)

    def holds(steps: list[bool]) -> bool:
        later = steps[start:]
        return sum(later) > 10 and not any(later[-pause:])

    return holds


def speaking(steps: list[bool]) -> bool:
    return sum(steps) > 15


def quiet(seconds: float) -> Samples:
    return np.zeros(round(16_000 * seconds), np.float32)


@pytest.fixture(autouse=True)
def free_lines(exchange: Exchange, service: Service) -> None:
    """The calls of the test before have let their lines go: the service does so a little after
    the telephone has heard the end."""
    until_s = time.monotonic() + 30
    while exchange.calls() or service.held():
        assert time.monotonic() < until_s, "a line is still held"
        time.sleep(0.1)


@pytest.fixture
def folders(tmp_path: Path) -> Callable[[int], Path]:
    return lambda line: tmp_path / f"line{line}"


@pytest.mark.parametrize("extensions", [(APPLICATION, IN_JSON), (CHANNEL, OVER_ARI)])
def test_a_spoken_question_is_answered_with_what_the_documents_say(
    service: Service,
    folders: Callable[[int], Path],
    extensions: Sequence[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    def call(line: int, extension: str) -> tuple[Samples, int, str, float]:
        asks, holds = question(("q1", "q8")[line])
        waits_s = 16.0  # the notice and the greeting take thirteen seconds
        says = np.concatenate([quiet(waits_s), asks])
        with dialled(extension, says, folders(line), port=20_000 + 100 * line) as phone:
            ends_s = waits_s + len(asks) / 16_000
            until(phone, said_after(ends_s))
            return phone.heard(), phone.rate_hz, holds, ends_s

    with watched() as times_s:
        calls = at_once(call, *extensions)
    for heard, rate_hz, holds, ends_s in calls:
        greeting = service.transcribed(heard[: round(16 * rate_hz)], rate_hz)
        reply = service.transcribed(heard[round(ends_s * rate_hz) :], rate_hz)
        assert "здравствуйте" in greeting.casefold()
        assert holds in reply, reply
    recorded = service.recordings()
    for _, _, holds, _ in calls:
        assert any(holds in right and holds not in left for left, right in recorded), recorded
    with capsys.disabled():
        for port, arrived_s in sorted(times_s.items()):
            off_ms = np.abs(np.diff(arrived_s) * 1000 - 20)
            print(f"\n  {len(arrived_s)} frames at {port}: off 20 ms by {np.median(off_ms):.2f} "
                  f"(median), {np.percentile(off_ms, 99):.2f} ms (p99)")  # fmt: skip


def test_a_caller_may_interrupt(service: Service, folders: Callable[[int], Path]) -> None:
    def call(line: int, extension: str) -> tuple[list[bool], float, float]:
        asks, _ = question(("q5", "q3")[line])
        waits_s = 6.0  # the notice, which cannot be interrupted, is over
        says = np.concatenate([quiet(waits_s), asks])
        with dialled(extension, says, folders(line), port=20_000 + 100 * line) as phone:
            until(phone, said_after(waits_s))
            return loud(phone.heard(), phone.rate_hz), waits_s, waits_s + len(asks) / 16_000

    for steps, begins_s, ends_s in at_once(call, APPLICATION, PLAIN):
        assert any(steps[: round(begins_s / STEP_S)]), "the greeting had begun"
        pause = steps[round((ends_s - 0.8) / STEP_S) : round(ends_s / STEP_S)]
        assert not any(pause), "the greeting went on"
    asked = " ".join(service.asked()).casefold()
    assert "перенести интернет" in asked
    assert "на улице лесной" in asked


def test_keyed_digits_are_heard(service: Service, folders: Callable[[int], Path]) -> None:
    numbers = ("4271", "9035")

    def call(line: int, extension: str) -> None:
        with dialled(extension, quiet(1), folders(line), port=20_000 + 100 * line) as phone:
            until(phone, speaking)
            phone.press(numbers[line])
            phone.press("#")
            until(phone, said_after(3.0))

    at_once(call, CHANNEL, IN_JSON)
    asked = service.asked()
    for number in numbers:
        assert any(number in one.replace(" ", "") for one in asked), asked


def test_a_caller_hangs_up_in_mid_reply(
    exchange: Exchange, service: Service, folders: Callable[[int], Path]
) -> None:
    ended = service.log.read_text().count("ended: caller")

    def call(line: int, extension: str) -> None:
        with dialled(extension, quiet(1), folders(line), port=20_000 + 100 * line) as phone:
            until(phone, speaking)
            phone.hang_up()
            phone.wait(DOWN)

    at_once(call, APPLICATION, OVER_ARI)
    until_s = time.monotonic() + 10
    while exchange.calls() or service.log.read_text().count("ended: caller") < ended + LINES:
        assert time.monotonic() < until_s, "a line is still held"
        time.sleep(0.1)


# Words, the transport, and the tone of the person who then answers: after AudioSocket and Stasis
# the dialplan's next line; over ARI also an extension that the action names.
WISHES = {"the next line": ("q7", APPLICATION, 1004), "the same over ARI": ("q7", OVER_ARI, 1004),
          "an extension": ("q4", OVER_ARI, 620)}  # fmt: skip


@pytest.mark.parametrize("wishes", [list(WISHES)[:2], list(WISHES)[2:]])
def test_a_wish_for_a_person_reaches_one(
    folders: Callable[[int], Path], wishes: Sequence[str]
) -> None:
    def call(line: int, wish: str) -> Samples:
        asks, _ = question(WISHES[wish][0])
        says = np.concatenate([quiet(4.0), asks])
        extension = WISHES[wish][1]
        with dialled(extension, says, folders(line), port=20_000 + 100 * line) as phone:
            # The person is a steady tone, as nobody else is for two seconds.
            until(phone, lambda steps: len(steps) > 80 and all(steps[-20:]))
            return phone.heard()[-phone.rate_hz :]

    for wish, heard in zip(wishes, at_once(call, *wishes), strict=True):
        spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
        tone_hz = spectrum.argmax() * 8_000 / len(heard)
        assert tone_hz == pytest.approx(WISHES[wish][2], abs=3), wish


def test_the_assistant_ends_the_call(exchange: Exchange, folders: Callable[[int], Path]) -> None:
    """Over ARI also where AudioSocket's dialplan would go on to a person."""

    def call(line: int, extension: str) -> None:
        asks, _ = question("q6")
        says = np.concatenate([quiet(4.0), asks])
        with dialled(extension, says, folders(line), port=20_000 + 100 * line) as phone:
            phone.wait(DOWN)

    at_once(call, APPLICATION, OVER_ARI)


def test_one_caller_too_many_hears_the_busy_tone(folders: Callable[[int], Path]) -> None:
    def call(line: int, extension: str) -> float:
        """The height of what is heard most of in the first seconds."""
        with dialled(extension, quiet(1), folders(line), port=20_000 + 100 * line) as phone:
            time.sleep(3.0)  # the tone lasts 2.8 s
            heard = phone.heard()
            spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
            return float(spectrum.argmax() * phone.rate_hz / len(heard))

    heights_hz = at_once(call, APPLICATION, PLAIN, APPLICATION)
    assert sum(abs(hz - 425) < 5 for hz in heights_hz) == 1, heights_hz
