"""Any recording decodes to the same sound; what is none is one clear line."""

import io
import subprocess
import sys
import tracemalloc
import wave
from pathlib import Path

import av
import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog.audio.decoding import MAX_RATE_HZ, decode
from dialog.audio.g711 import mulaw_decode, mulaw_encode
from dialog.audio.pcm import pcm16, wav_bytes, wav_header, write_wav
from dialog.audio.resampling import Resampler, resample
from dialog.content import Samples
from dialog.errors import BadInput
from tests.recordings import encoded, tone, video_without_sound

pytestmark = pytest.mark.unit

RATE_HZ = 16_000
KINDS = [
    ("wav", "pcm_s16le", 8_000, 1),
    ("wav", "pcm_s24le", 48_000, 2),
    ("wav", "pcm_f32le", 16_000, 1),
    ("wav", "pcm_mulaw", 8_000, 1),
    ("wav", "pcm_alaw", 8_000, 2),
    ("mp3", "libmp3lame", 44_100, 2),
    ("mp3", "libmp3lame", 16_000, 1),
    ("ogg", "libopus", 48_000, 1),
    ("flac", "flac", 32_000, 1),
    ("ipod", "aac", 44_100, 2),
    ("webm", "libopus", 48_000, 2),
]


def heard(recording: bytes, rate_hz: int = RATE_HZ) -> Samples:
    return np.concatenate(list(decode(io.BytesIO(recording), rate_hz)))


def refusal(recording: bytes) -> BadInput:
    with pytest.raises(BadInput) as caught:
        heard(recording)
    assert caught.value.status == 400
    assert "\n" not in caught.value.message
    return caught.value


@pytest.mark.parametrize(("container", "codec", "rate_hz", "channels"), KINDS)
def test_every_kind_of_recording_is_heard(
    container: str, codec: str, rate_hz: int, channels: int
) -> None:
    sound = heard(encoded(tone(rate_hz, 2.0), rate_hz, container, codec, channels))
    assert sound.dtype == np.float32
    assert sound.ndim == 1
    assert len(sound) / RATE_HZ == pytest.approx(2.0, abs=0.06)
    spectrum = np.abs(np.fft.rfft(sound[RATE_HZ // 2 : RATE_HZ // 2 + RATE_HZ]))
    assert int(spectrum.argmax()) == 440
    # Channels are averaged, and one of two is silent.
    assert np.abs(sound[8000:24000]).max() == pytest.approx(0.3 / channels, rel=0.1)


def test_blocks_are_bounded() -> None:
    recording = encoded(tone(8_000, 10.0), 8_000, "wav", "pcm_mulaw")
    lengths = [len(block) for block in decode(io.BytesIO(recording), RATE_HZ)]
    assert sum(lengths) == 160_000
    assert max(lengths) < 2 * RATE_HZ


def test_memory_does_not_grow_with_length() -> None:
    recording = io.BytesIO(wav_bytes(tone(8_000, 100.0), 8_000))
    tracemalloc.start()
    try:
        total = sum(len(block) for block in decode(recording, RATE_HZ))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 100 * RATE_HZ
    assert peak < 2_000_000


def test_a_path_and_a_pipe_are_sources_too(tmp_path: Path) -> None:
    recording = wav_bytes(tone(RATE_HZ, 0.5), RATE_HZ)
    path = tmp_path / "concat:odd name.wav"
    path.write_bytes(recording)
    assert np.array_equal(np.concatenate(list(decode(path, RATE_HZ))), heard(recording))

    class Pipe(io.BytesIO):
        def seek(self, *_: object) -> int:
            raise io.UnsupportedOperation("seek")

        def seekable(self) -> bool:
            return False

    assert np.array_equal(np.concatenate(list(decode(Pipe(recording), RATE_HZ))), heard(recording))


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
@pytest.mark.parametrize(
    ("container", "codec", "rate_hz"),
    [("mp3", "libmp3lame", 44_100), ("flac", "flac", 22_050)],
)
def test_a_recording_that_ends_before_its_header_says_is_refused(
    container: str, codec: str, rate_hz: int, share: float
) -> None:
    # Noise, since FLAC makes next to nothing of a tone.
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, rate_hz * 4).astype(np.float32)
    whole = encoded(noise, rate_hz, container, codec)
    assert len(heard(whole)) / RATE_HZ == pytest.approx(4.0, abs=0.1)
    error = refusal(whole[: int(len(whole) * share)])
    assert error.code == "undecodable_audio"
    assert "of 4.0 s" in error.message


def test_what_does_not_say_its_length_is_heard_as_far_as_it_goes() -> None:
    whole = encoded(tone(44_100, 3.0), 44_100, "mp3", "libmp3lame")
    frames = whole[whole.index(b"\xff\xfb", whole.index(b"Info")) :]
    assert len(heard(frames[: len(frames) // 2])) / RATE_HZ == pytest.approx(1.5, abs=0.1)
    cut = wav_bytes(tone(RATE_HZ, 2.0), RATE_HZ)[: 44 + RATE_HZ]
    assert len(heard(cut)) == RATE_HZ // 2


def test_a_few_damaged_packets_are_skipped() -> None:
    whole = bytearray(encoded(tone(44_100, 3.0), 44_100, "mp3", "libmp3lame"))
    whole[20_000:20_300] = bytes(300)
    assert len(heard(bytes(whole))) / RATE_HZ > 2.5


def test_what_is_no_recording_is_one_clear_line(tmp_path: Path) -> None:
    mp3 = encoded(tone(44_100, 1.0), 44_100, "mp3", "libmp3lame")
    m4a = encoded(tone(44_100, 1.0), 44_100, "ipod", "aac")
    header = bytearray(wav_header(RATE_HZ, 64_000))
    no_rate, absurd_rate, channels = (bytearray(header) for _ in range(3))
    no_rate[24:28] = (0).to_bytes(4, "little")
    absurd_rate[24:28] = (MAX_RATE_HZ + 1).to_bytes(4, "little")
    channels[22:24] = (0xFFFF).to_bytes(2, "little")
    bad = {
        "a text": "Добрый день, это не запись.\n".encode() * 100,
        "one byte": b"x",
        "noise": np.random.default_rng(0).bytes(300_000),
        "0 Hz": bytes(no_rate) + bytes(64_000),
        "absurd rate": bytes(absurd_rate) + bytes(64_000),
        "absurd channels": bytes(channels) + bytes(64_000),
        "no samples": wav_header(RATE_HZ, 0),
        "mp3 without a whole frame": mp3[:300],
        "m4a without its index": m4a[: len(m4a) // 2],
        "a PDF": b"%PDF-1.4\n" + b"1 0 obj <<>> endobj\n" * 200,
        "a film without sound": video_without_sound(),
    }
    for name, recording in bad.items():
        assert refusal(recording).code == "undecodable_audio", name
    assert refusal(b"").code == "empty_file"
    with pytest.raises(BadInput, match="cannot read"):
        next(decode(tmp_path / "missing.wav", RATE_HZ))


def test_playlists_open_nothing_else(tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    write_wav(secret, tone(RATE_HZ, 1.0), RATE_HZ)
    refusal(f"ffconcat version 1.0\nfile '{secret}'\n".encode())
    refusal(f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:1,\nfile://{secret}\n".encode())


def test_the_decoder_says_nothing_and_is_loaded_late() -> None:
    script = (
        "import io, sys\n"
        "from dialog.audio.decoding import decode\n"
        "from dialog.audio.pcm import wav_bytes\n"
        "assert 'av' not in sys.modules\n"
        "data = open(sys.argv[1], 'rb').read()\n"
        "print(sum(len(b) for b in decode(io.BytesIO(data), 16000)))\n"
    )
    whole = bytearray(encoded(tone(44_100, 1.0), 44_100, "mp3", "libmp3lame"))
    whole[6_000:6_300] = b"\xff" * 300
    done = subprocess.run(
        [sys.executable, "-c", script, "/dev/stdin"],
        input=bytes(whole),
        capture_output=True,
        check=True,
    )
    assert int(done.stdout) > 10_000
    assert done.stderr == b""


def test_a_wav_is_what_the_standard_library_reads(tmp_path: Path) -> None:
    samples = tone(22_050, 0.1, peak=2.0)
    path = tmp_path / "out.wav"
    write_wav(path, samples, 22_050)
    with wave.open(str(path)) as file:
        assert file.getparams()[:4] == (1, 2, 22_050, len(samples))
        data = np.frombuffer(file.readframes(len(samples)), "<i2")
    assert data.max() == 32767  # clipped, not wrapped around
    assert data.min() == -32767
    assert [p.name for p in tmp_path.iterdir()] == ["out.wav"]


def test_a_wav_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    with pytest.raises(OSError, match="folder"):
        write_wav(target, tone(8_000, 0.1), 8_000)
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_a_streamed_wav_needs_no_length() -> None:
    samples = tone(22_050, 0.5)
    streamed = wav_header(22_050) + pcm16(samples)
    assert len(heard(streamed, 22_050)) == len(samples)


def test_mulaw_agrees_with_ffmpeg() -> None:
    samples = np.linspace(-1.0, 1.0, 20_000, dtype=np.float32)
    theirs = encoded(samples, 8_000, "wav", "pcm_mulaw")[-len(samples) :]
    ours = mulaw_encode(samples)
    # The two may round a value on the border of two steps differently.
    steps = np.abs(mulaw_decode(ours) - mulaw_decode(theirs))
    assert np.mean(steps > 0) < 0.02
    assert np.abs(mulaw_decode(ours) - samples).max() < 0.035
    with av.open(io.BytesIO(encoded(samples, 8_000, "wav", "pcm_mulaw")), mode="r") as container:
        decoded = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    assert np.array_equal(np.round(mulaw_decode(theirs) * 32768), decoded)


def test_every_mulaw_code_survives() -> None:
    codes = bytes(range(256))
    again = mulaw_encode(mulaw_decode(codes))
    # 0x7F is minus zero: it comes back as zero.
    assert again == codes.replace(b"\x7f", b"\xff")


@settings(max_examples=30, deadline=None)
@given(
    rates=st.sampled_from([(8_000, 16_000), (44_100, 16_000), (22_050, 8_000), (16_000, 16_000)]),
    cuts=st.lists(st.integers(0, 5_000), max_size=8),
)
def test_it_does_not_matter_where_a_stream_is_cut(rates: tuple[int, int], cuts: list[int]) -> None:
    samples = tone(rates[0], 5_000 / rates[0], hz=300.0)
    resampler = Resampler(*rates)
    pieces = [resampler.push(piece) for piece in np.split(samples, sorted(cuts))]
    stream = np.concatenate([*pieces, resampler.flush()])
    whole = Resampler(*rates)
    uncut = np.concatenate([whole.push(samples), whole.flush()])
    assert len(stream) == len(uncut)
    assert np.allclose(stream, uncut, atol=1e-6)


def test_resampling_at_once_keeps_length_and_pitch() -> None:
    samples = tone(22_050, 1.0)
    out = resample(samples, 22_050, 8_000)
    assert len(out) == 8_000
    assert int(np.abs(np.fft.rfft(out)).argmax()) == 440
    assert resample(samples, 8_000, 8_000) is samples
    assert np.allclose(out, soxr.resample(samples, 22_050, 8_000))
