"""What may be typed as a question: one rule for the command line and every route."""

from dialog.content import Transcript
from dialog.errors import BadInput

# A question is a sentence or two; a page of text is a document in the wrong place, and its
# words would be looked up one by one.
MAX_QUESTION_CHARS = 8_000


def check_question(text: str, name: str = "the question") -> str:
    """`text` itself; raises `BadInput` for one that is empty, or too long (413)."""
    if not text.strip():
        raise BadInput(f"{name} is empty", code="empty_text")
    if len(text) > MAX_QUESTION_CHARS:
        message = f"{name} has {len(text)} characters, at most {MAX_QUESTION_CHARS} are taken"
        raise BadInput(message, status=413, code="text_too_long")
    return text


def typed(text: str, name: str = "the question") -> Transcript:
    """A typed question as the transcript that nobody had to hear; raises what the check does."""
    return Transcript(check_question(text, name), (), 0.0)
