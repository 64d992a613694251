"""A cache-aware NeMo CTC encoder stepped chunk by chunk, many callers in one batch.

    samples  ...|tail|    chunk     |        28 frames of 10 ms at [70, 6]: 280 ms
    mel      |left 5|  28 frames    |  ->  7 outputs of 40 ms  ->  decoder

Knows NeMo's encoder and what it must be given so that a chunk gives what the whole would have
given; see docs/decisions/0006-*.md. Every state is a value: nothing is written into the old one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from asr.decoding.beam_search import LogProbs
from dialog.content import Samples, Word, Words

CONTEXT = (70, 6)
HOP = 160
# A mel frame reaches 256 samples to both sides. Four frames before a chunk are computed again
# and thrown away; the audio begins three frames late, so that the last frame is always complete,
# and so that output i is that of mel frame 4 i, as in a whole recording: NeMo drops the first two
# outputs over five frames to the left, which leaves that of a chunk's fourth frame as the first.
AGAIN, LATE = 4, 3
LOG_ZERO = -16.6355  # log(2**-24), NeMo's mel of silence


class StepDecoder(Protocol):
    """Log-probabilities of frames to words; its states are values, too."""

    def start(self) -> Any: ...

    def step(self, log_probs: LogProbs, state: Any) -> Any:
        """`state` after further frames."""
        ...

    def words(self, state: Any) -> list[tuple[str, int, int, float]]:
        """Words with their first and last frame and their confidence."""
        ...


@dataclass(frozen=True, slots=True)
class StreamState:
    """One utterance between two chunks."""

    tail: Samples
    left: Any
    channel: Any
    time: Any
    length: Any
    decoded: Any


class CacheAware:
    """An engine (see `asr.recogniser.Engine`) over an `EncDecCTCModelBPE` with causal convolutions
    and chunked attention, in evaluation mode."""

    def __init__(
        self, model: Any, decoder: StepDecoder, context: tuple[int, int] = CONTEXT
    ) -> None:
        model.encoder.set_default_att_context_size(list(context))
        streaming = model.encoder.streaming_cfg
        features = model.preprocessor.featurizer
        features.pad_to, features.dither = 0, 0.0
        self._model = model
        self._decoder = decoder
        self._frames = int(streaming.chunk_size[1])
        self._left = int(streaming.pre_encode_cache_size[1])
        self._drop = int(streaming.drop_extra_pre_encoded)
        self._frame_s = HOP * model.encoder.subsampling_factor / 16_000
        self.rate_hz = 16_000
        self.chunk = self._frames * HOP

    def start(self) -> StreamState:
        """Silence before the first sample, and the decoder's own start."""
        import torch

        channel, time, length = self._model.encoder.get_initial_cache_state(batch_size=1)
        mels = self._model.cfg.preprocessor.features
        left = torch.full((mels, self._left), LOG_ZERO, device=channel.device)
        tail = np.zeros((AGAIN + LATE) * HOP, np.float32)
        decoded = self._decoder.start()
        return StreamState(tail, left, channel[:, 0], time[:, 0], length[0], decoded)

    def step(
        self, chunks: Sequence[Samples], states: Sequence[StreamState]
    ) -> tuple[list[Words], list[StreamState]]:
        """See `asr.recogniser.Engine`: `chunks[i]` is (n * chunk,) at 16 kHz, any n for each; those
        that have samples left are stepped in one batch, chunk by chunk."""
        after = list(states)
        longest = max((len(chunk) for chunk in chunks), default=0)
        for start in range(0, longest, self.chunk):
            longer = [i for i, chunk in enumerate(chunks) if len(chunk) > start]
            pieces = [chunks[i][start : start + self.chunk] for i in longer]
            stepped = self._one_step(pieces, [after[i] for i in longer])
            for i, state in zip(longer, stepped, strict=True):
                after[i] = state
        return [self._words(state) for state in after], after

    def finish(self, rests: Sequence[Samples], states: Sequence[StreamState]) -> list[Words]:
        """See `asr.recogniser.Engine`. A chunk of silence brings out the last word, too."""
        ended = [
            np.concatenate((rest, np.zeros(-len(rest) % self.chunk + self.chunk, np.float32)))
            for rest in rests
        ]
        return self.step(ended, states)[0]

    def _one_step(
        self, chunks: Sequence[Samples], states: Sequence[StreamState]
    ) -> list[StreamState]:
        import torch

        buffers = np.stack(
            [np.concatenate((s.tail, c)) for s, c in zip(states, chunks, strict=True)]
        )
        with torch.inference_mode():
            mels = self._mels(torch.from_numpy(buffers))
            inputs = torch.cat((torch.stack([state.left for state in states]), mels), dim=2)
            encoded, _, channel, time, length = self._model.encoder.cache_aware_stream_step(
                processed_signal=inputs,
                processed_signal_length=torch.full((len(states),), inputs.shape[2]).to(mels.device),
                cache_last_channel=torch.stack([state.channel for state in states], dim=1),
                cache_last_time=torch.stack([state.time for state in states], dim=1),
                cache_last_channel_len=torch.stack([state.length for state in states]),
                keep_all_outputs=False,
                drop_extra_pre_encoded=self._drop,
            )
            logp = self._model.decoder(encoder_output=encoded).float().cpu().numpy()
        return [
            StreamState(
                buffers[i, self.chunk :],
                inputs[i, :, -self._left :],
                channel[:, i],
                time[:, i],
                length[i],
                self._decoder.step(logp[i], state.decoded),
            )
            for i, state in enumerate(states)
        ]

    def _mels(self, buffers: Any) -> Any:
        import torch

        buffers = buffers.to(self._model.device)
        lengths = torch.full((len(buffers),), buffers.shape[1], device=buffers.device)
        mels, _ = self._model.preprocessor(input_signal=buffers, length=lengths)
        return mels[:, :, AGAIN : AGAIN + self._frames]

    def _words(self, state: StreamState) -> Words:
        return tuple(
            Word(
                text,
                round(first * self._frame_s, 3),
                round((last + 1) * self._frame_s, 3),
                confidence,
            )
            for text, first, last, confidence in self._decoder.words(state.decoded)
        )


def is_cache_aware(model: Any) -> bool:
    """Whether a NeMo model can be stepped here: CTC, chunked attention, no normalisation over
    the whole utterance."""
    config = model.cfg
    return bool(
        "encoder" in config
        and config.encoder.get("att_context_style") == "chunked_limited"
        and config.preprocessor.get("normalize") in (None, "NA")
        and hasattr(getattr(model, "decoder", None), "decoder_layers")
    )
