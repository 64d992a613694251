"""Tables written as running text, so that a word is added in one place without quotes."""


def listed(words: str) -> tuple[str, ...]:
    """The words of a table in order; white space and line breaks separate them."""
    return tuple(words.split())
