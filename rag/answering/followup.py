"""Makes a question that leans on the one before it stand on its own.

Knows how Russian questions refer back; asks no model, since every caller would wait for it.
"""

import re
from collections.abc import Sequence

from rag.answering.llm import ChatMessage
from rag.retrieval import sparse

FEW_TERMS = 2
"""A question that begins with «а» or «и» and says no more than this goes on with the last one."""

_REFERS = re.compile(
    r"\b(?:он|она|оно|они|его|её|ее|их|ему|ей|им|ней|нём|нем|него|неё|нее|них|ними|этот|эта|этого|"
    r"этой|этому|эту|этим|эти|этих|такой|такая|тот|та|того|той|туда|оттуда|тогда|там)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"^\s*(?:а|и|ну|тогда|а если|а ещё|а еще)\b", re.IGNORECASE)


def self_contained(question: str, history: Sequence[ChatMessage]) -> str:
    """The question itself, or the last self-contained one with it: "… А на тысячу?"."""
    before = [message.content for message in history if message.role == "user"]
    if not before or not _leans(question):
        return question
    return f"{self_contained(before[-1], _until_last_question(history))} {question}"


def _leans(question: str) -> bool:
    terms = sparse.query_terms(question)
    if _REFERS.search(question):
        return len(terms) <= 2 * FEW_TERMS
    return bool(_GOES_ON.match(question)) and len(terms) <= FEW_TERMS


def _until_last_question(history: Sequence[ChatMessage]) -> Sequence[ChatMessage]:
    last = max(place for place, message in enumerate(history) if message.role == "user")
    return history[:last]
