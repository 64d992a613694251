"""False and missed interruptions, counted: `make interruptions`.

    assistant  =====================================----------
    caller             ~~~ clip ~~~                              stopped? how soon after its onset?

Each clip of `tests.bench.talked_over` is played into a call of its own, through detection, the
shipped recogniser and `api.conversation.converse`, while the shipped voice reads a long answer.
The clock jumps, so that a minute takes seconds and every run gives the same: what is counted are
decisions, and their times hold no computing. `beseda bench --over` measures those on a real clock.
"""

import argparse
import asyncio
import json
import re
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np

from api.bench.timing import loud_span, percentiles, recording
from api.conversation.call import Call
from api.conversation.converse import Stages, converse
from api.settings import Settings
from api.telephony.playout import Playout
from api.wiring import Services
from asr.streaming import load_engine
from asr.turns.hearing import Hearing
from asr.worker import RecognitionStream, RecognitionWorker
from dialog.content import Answer, Samples, Speech, Word
from dialog.messages import CallerAudio, CallSettings, HungUp, Inbound, Interrupted, Played, Say
from dialog.tasks import background
from tests.bench.talked_over import KINDS, RATE_HZ, Clip, clips, make, path_of
from tests.clock import JumpingLoop

ANSWER = (
    "Подключить статический адрес можно в личном кабинете, в разделе «Услуги». "
    "Услуга стоит сто пятьдесят рублей в месяц, плата списывается первого числа. "
    "Новый адрес начинает работать в течение часа, роутер после этого нужно перезагрузить. "
    "Если адрес не появился, позвоните в поддержку, и мастер проверит линию."
)
CHUNK = 320
BEFORE_S, AFTER_S = 2.0, 2.5
ECHO_AFTER_S, ECHO = 0.15, 10 ** (-24 / 20)


class NotedEar:
    """An ear that keeps what it told, and when."""

    def __init__(self, ear: RecognitionStream, told: list[dict[str, Any]]) -> None:
        self._ear, self._told = ear, told

    async def push(self, samples: Samples) -> tuple[Word, ...]:
        return self._note("push", await self._ear.push(samples))

    async def preview(self, samples: Samples) -> tuple[Word, ...]:
        return self._note("preview", await self._ear.preview(samples))

    async def close(self) -> None:
        await self._ear.close()

    def _note(self, kind: str, words: tuple[Word, ...]) -> tuple[Word, ...]:
        heard = [(word.text, round(word.confidence, 2)) for word in words]
        at_s = round(asyncio.get_running_loop().time(), 3)
        self._told.append({"at_s": at_s, "kind": kind, "words": heard})
        return words


class Talk:
    """One call in which the assistant reads `speech` and the caller speaks `over` it."""

    def __init__(self, speech: Sequence[Speech], over: Samples, echo: float) -> None:
        self._speech, self._over, self._echo = speech, over, echo
        self._player = Playout(RATE_HZ)
        self._back = np.zeros(round(ECHO_AFTER_S * RATE_HZ), np.float32)
        self.told: list[dict[str, Any]] = []
        self.stopped_s: float | None = None

    async def hold(self, ears: RecognitionWorker) -> None:
        """Run it; `stopped_s` says when the assistant was interrupted, from the clip's start."""
        rate_hz, chunk = await ears.start()
        hearing = Hearing(_no_recording, lambda: NotedEar(ears.open(), self.told), rate_hz, chunk)
        stages = Stages(hearing, _no_answer, self._speak)
        messages = converse(self._inbound(), stages, Call(live=True))
        async with background(self._play()), aclosing(messages):
            async for message in messages:
                self._player.put(message)
                if isinstance(message, Interrupted) and self.stopped_s is None:
                    self.stopped_s = asyncio.get_running_loop().time() - self._began_s

    async def _speak(
        self, text: AsyncIterator[str], voice: str | None, speed: float
    ) -> AsyncGenerator[Speech]:
        async for _ in text:
            for phrase in self._speech:
                yield phrase

    async def _play(self) -> None:
        async with aclosing(self._player.frames()) as frames:
            async for frame in frames:
                self._back = np.concatenate((self._back, frame))

    async def _inbound(self) -> AsyncGenerator[Inbound]:
        yield CallSettings(prompts=False)
        yield Say(ANSWER)
        self._began_s = asyncio.get_running_loop().time() + BEFORE_S
        before, after = (np.zeros(round(s * RATE_HZ), np.float32) for s in (BEFORE_S, AFTER_S))
        samples = np.concatenate((before, self._over, after))
        for start in range(0, len(samples), CHUNK):
            await asyncio.sleep(CHUNK / RATE_HZ)
            if start % (5 * CHUNK) == 0 and (report := self._player.played()):
                yield Played(report.turn, report.samples)
            yield CallerAudio(self._echoed(samples[start : start + CHUNK]), RATE_HZ)
        yield HungUp()

    def _echoed(self, samples: Samples) -> Samples:
        back, self._back = self._back[: len(samples)], self._back[len(samples) :]
        return samples + self._echo * np.pad(back, (0, len(samples) - len(back)))


async def _no_recording(_: object) -> Any:
    raise AssertionError("nobody sends a recording")


async def _no_answer(question: str, history: Sequence[object]) -> AsyncGenerator[Answer]:
    yield Answer("", "none")


async def _spoken(home: Path) -> list[Speech]:
    with Services(Settings(home=home)) as services:
        return [phrase async for phrase in services.models.speak(ANSWER)]


def judge(
    clip: Clip, home: Path, speech: Sequence[Speech], ears: RecognitionWorker
) -> dict[str, Any]:
    """One clip over the speech: whether it stopped it, and what was heard of it."""
    samples = recording(path_of(home, clip))
    talk = Talk(speech, samples, ECHO if clip.echo else 0.0)
    loop = JumpingLoop()
    try:
        loop.run_until_complete(talk.hold(ears))
    finally:
        loop.close()
    onset_s, _ = loud_span(samples)
    stopped_ms = None if talk.stopped_s is None else round(1000 * (talk.stopped_s - onset_s))
    shown = {"name": clip.name, "kind": clip.kind, "text": clip.text, "telephone": clip.telephone}
    return {**shown, "stopped_ms": stopped_ms, "told": talk.told}


def report(judged: Sequence[dict[str, Any]]) -> dict[str, object]:
    """The counts, and how soon after its onset an interruption was decided on."""
    stopped = {kind: [one["stopped_ms"] for one in judged if one["kind"] == kind] for kind in KINDS}
    false = [ms for ms in stopped["backchannel"] if ms is not None]
    decided = [ms for ms in stopped["interruption"] if ms is not None]
    frank = [
        one["stopped_ms"]
        for one in judged
        if one["kind"] == "interruption" and one["stopped_ms"] is not None and _frank(one["text"])
    ]
    return {
        "backchannels": len(stopped["backchannel"]),
        "false": len(false),
        "interruptions": len(stopped["interruption"]),
        "missed": len(stopped["interruption"]) - len(decided),
        "onset_to_decision_ms": percentiles(decided),
        "of_those_not_begun_as_a_backchannel_ms": percentiles(frank),
    }


def _frank(text: str) -> bool:
    """Whether a wording is no backchannel at first: "да, а сколько" is, for half a second."""
    return re.split(r"\W+", text)[0] not in ("да", "так", "ага", "ясно", "хорошо", "понятно", "всё")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("build/interruptions"))
    parser.add_argument("--chroot", type=Path, default=Path("build/rhvoice"))
    parser.add_argument("--every", type=int, default=1, help="take only each n-th clip")
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--voices", nargs="*", help="others than those that are kept for tests")
    arguments = parser.parse_args()
    drawn = {"voices": tuple(arguments.voices)} if arguments.voices else {}
    wanted = clips(arguments.seed, **drawn)
    for clip in make(arguments.home, arguments.chroot, wanted):
        print(f"{clip.name}: {clip.text}", file=sys.stderr)
    settings = Settings(home=Path(mkdtemp()))
    speech = asyncio.run(_spoken(settings.home))
    ears = RecognitionWorker(
        lambda: load_engine(settings.asr_model, settings.device), in_process=True
    )
    judged = []
    with (arguments.home / "judged.jsonl").open("w") as out:
        for clip in wanted[:: arguments.every]:
            judged.append(judge(clip, arguments.home, speech, ears))
            print(json.dumps(judged[-1], ensure_ascii=False), file=out, flush=True)
    print(json.dumps(report(judged), ensure_ascii=False))


if __name__ == "__main__":
    main()
