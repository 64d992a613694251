r"""The caller's side as sound: what of it is speech, what is echo, and the utterance that is open.

    chunk -> frames -> detector --\
                    -> echo ------- probability of the caller's speech, for `turn_detector`
                    -> utterance -> recognition -> news

Knows samples and models; decides nothing.
"""

from collections import deque
from collections.abc import Callable

from asr.turns.call_view import CallView
from asr.turns.echo import SOFTENED, Echo, PlaybackCursor
from asr.turns.framing import Frames
from asr.turns.hearing import Hearing
from asr.turns.turn_detector import VAD_FRAME_S
from asr.turns.utterance import RecognitionUpdate, Utterance
from asr.vad import RATE_HZ, Vad
from dialog.audio.resampling import Resampler
from dialog.content import Samples
from dialog.messages import CallerAudio
from dialog.tasks import TaskSet

MOST_BEFORE = 64
"""Frames, two seconds: as far back as an utterance may be begun."""


class Microphone:
    """One for each call. `on_update` gets what recognition finds."""

    def __init__(
        self, hearing: Hearing, call: CallView, on_update: Callable[[RecognitionUpdate], None]
    ) -> None:
        self.utterance: Utterance | None = None
        self._hearing = hearing
        self._on_update = on_update
        self._call = call
        self._frames = Frames()
        self._vad: Vad | None = None
        self._echo = Echo()
        self._sounding = PlaybackCursor()
        self._before: deque[Samples] = deque(maxlen=MOST_BEFORE)
        self._to_engine = Resampler(RATE_HZ, hearing.rate_hz)
        self._closing = TaskSet()

    @property
    def arrived_s(self) -> float:
        """When the last audio came, by the event loop's clock."""
        return self._frames.arrived_s

    def frames(self, chunk: CallerAudio) -> list[Samples]:
        """Whole frames. Raises ValueError for what is no audio."""
        return self._frames.push(chunk)

    def speech(self, frame: Samples) -> float:
        """The probability that the caller speaks in this frame, which is recognised, too, where
        an utterance is open. Raises whatever a detector does."""
        self._vad = self._vad or self._hearing.vad()
        probability = self._vad(frame)
        if self._echo.push(frame, self._sounding.next(self._call)):
            probability = 0.0
            if self.utterance is None:  # within one, holes would hurt more than a faint echo
                frame = frame * SOFTENED
        self.recognise(frame)
        self._before.append(frame)
        return probability

    def recognise(self, frame: Samples) -> None:
        """Give it to the open utterance, if there is one."""
        if self.utterance is not None:
            self.utterance.samples(self._to_engine.push(frame))

    @property
    def unsure(self) -> bool:
        """Whether what is heard may be an echo that is not known yet."""
        return self._echo.unsure

    def echoed(self, frames: int) -> bool:
        """Whether the last frames held echo, all in all."""
        return frames > 0 and self._echo.explains(frames)

    def open(self, before: int, now: int) -> None:
        """Begin an utterance, `before` frames back included; `now` counts frames."""
        assert self._hearing.open is not None
        self.drop()
        earlier = list(self._before)[-before:] if before else []
        start_s = max(0.0, (now - len(earlier)) * VAD_FRAME_S)
        self._to_engine = Resampler(RATE_HZ, self._hearing.rate_hz)
        self.utterance = Utterance(
            self._hearing.open(), self._hearing.chunk, start_s, self._on_update
        )
        for frame in earlier:
            self.recognise(frame)

    def drop(self) -> None:
        """Forget the open utterance."""
        if self.utterance is not None:
            self._closing.start(self.utterance.close())
        self.utterance = None

    async def close(self) -> None:
        """Leave nothing behind."""
        self.drop()
        await self._closing.join()
