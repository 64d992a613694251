"""How far in a phrase's text its sound has come: a mark for the end of each written word.

A word takes the share of the sound that the letters of its spoken form take: "650" is as long
as "шестьсот пятьдесят". Knows text; knows nothing of models.
"""

from bisect import bisect_right

from dialog.content import Mark
from russian.spoken import to_spoken


def word_marks(text: str, samples: int) -> tuple[Mark, ...]:
    """Marks at the ends of the words of `text`, for sound of `samples` that speaks all of it."""
    spoken = to_spoken(text)
    starts = [span.source_start for span in spoken.spans]

    def position(char: int) -> float:
        """Where in the spoken text this place of the written one is."""
        index = bisect_right(starts, char) - 1
        if index < 0:
            return char
        span = spoken.spans[index]
        if char >= span.source_end:
            return span.end + char - span.source_end
        inside = (char - span.source_start) / (span.source_end - span.source_start)
        return span.start + inside * (span.end - span.start)

    letters = [0]
    for char in spoken.text:
        letters.append(letters[-1] + char.isalpha())
    total = max(letters[-1], 1)
    ends = [i for i in range(1, len(text) + 1) if i == len(text) or text[i].isspace()]
    return tuple(
        Mark(end, round(samples * letters[min(round(position(end)), len(letters) - 1)] / total))
        for end in ends
        if not text[end - 1].isspace()
    )
