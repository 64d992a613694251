"""Which voice a name means: the synthesiser's own names, and those that OpenAI's clients send.

A client of OpenAI's interface has to name one of OpenAI's voices. Each means here a voice of about
the same pitch: the first, high ones, or the second, low ones, where there is a second.
"""

from dialog.errors import BadInput

_HIGH = ("alloy", "coral", "fable", "marin", "nova", "sage", "shimmer")
_LOW = ("ash", "ballad", "cedar", "echo", "onyx", "verse")


def named(wanted: str | None, voices: tuple[str, ...]) -> str:
    """One of `voices`; the first for None. Raises `BadInput`, which lists them, for a strange
    name."""
    if wanted in voices:
        return wanted
    if wanted is None or wanted in _HIGH:
        return voices[0]
    if wanted in _LOW:
        return voices[min(1, len(voices) - 1)]
    raise BadInput(f"no voice {wanted!r}: there is {', '.join(voices)}", code="unknown_voice")
