"""What pymorphy3 knows about a word, in the few grammatical terms used here.

Knows forms of single words; agreement of a number with its noun is in agreement.py.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

from russian.grammar.tables import listed

Case = Literal["nomn", "gent", "datv", "accs", "ablt", "loct"]
Gender = Literal["masc", "femn", "neut"]

CASES: tuple[Case, ...] = ("nomn", "accs", "gent", "datv", "ablt", "loct")
# OpenCorpora's second genitive and the like, folded into the six school cases.
_FOLDED: dict[str | None, Case] = {
    **{case: case for case in CASES},
    "gen1": "gent", "gen2": "gent", "acc2": "accs", "loc1": "loct", "loc2": "loct",
}  # fmt: skip
# pymorphy3 has them otherwise than people do.
_GENDERS: dict[str, Gender] = {"евро": "masc", "биткоин": "masc"}
_DECLINED_LIKE = {"биткоин": "магазин"}
_PARTS = frozenset(listed("нибудь либо таки кое кой ка"))


@dataclass(frozen=True, slots=True)
class Form:
    """One reading of a word form; `case` and `gender` are None where the part has none.

    `transitive` is true of verbs that take a direct object.
    """

    lemma: str
    part: str
    case: Case | None
    plural: bool
    gender: Gender | None
    animate: bool
    transitive: bool = False


@cache
def analyser() -> Any:
    """The process's only MorphAnalyzer: 0.2 s to build, so built at the first word."""
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang="ru")


@lru_cache(maxsize=50_000)
def forms(word: str) -> tuple[Form, ...]:
    """Readings of a word, likeliest first; `word` may be in any case."""
    return tuple(
        Form(
            parse.normal_form,
            str(parse.tag.POS or ""),
            _FOLDED.get(parse.tag.case),
            parse.tag.number == "plur",
            parse.tag.gender if parse.tag.gender in ("masc", "femn", "neut") else None,
            parse.tag.animacy == "anim",
            "tran" in parse.tag and parse.tag.voice != "pssv",
        )
        for parse in analyser().parse(word.lower()[:60])
    )


def same_but_for_yo(word: str) -> tuple[str, ...]:
    """Dictionary forms that this lower-case word spells when е may stand for ё."""
    found = analyser().dictionary.words.similar_items(word, analyser().char_substitutes)
    return tuple(spelled for spelled, _ in found)


@lru_cache(maxsize=50_000)
def is_word(word: str) -> bool:
    """Whether there is such a word, in lower case; е may stand for ё, and a part of a word with a
    hyphen is one, too."""
    return word in _PARTS or bool(same_but_for_yo(word))


def is_known(word: str) -> bool:
    """Whether the dictionary holds this form of a word that is no abbreviation."""
    return any(
        parse.is_known and "Abbr" not in parse.tag for parse in analyser().parse(word.lower())
    )


@lru_cache(maxsize=5_000)
def is_name(word: str) -> bool:
    """Whether a word may be a person's first name, patronymic or surname."""
    tags = [parse.tag for parse in analyser().parse(word.lower()[:60])]
    return any("Name" in tag or "Surn" in tag or "Patr" in tag for tag in tags)


@lru_cache(maxsize=50_000)
def lemma(word: str) -> str:
    """The dictionary form of a lower-case word, as pymorphy3 guesses it out of context."""
    return str(analyser().parse(word[:60])[0].normal_form)


@lru_cache(maxsize=5_000)
def inflect(noun: str, case: Case, plural: bool) -> str:
    """A noun's form; the noun unchanged where the dictionary has no such form."""
    if noun in _DECLINED_LIKE:
        model = _DECLINED_LIKE[noun]
        return noun + inflect(model, case, plural).removeprefix(model)
    for parse in analyser().parse(noun):
        if parse.tag.POS == "NOUN" and parse.tag.case == "nomn" and parse.tag.number == "sing":
            found = parse.inflect({"plur" if plural else "sing", case})
            if found is not None:
                return str(found.word)
    return noun


@lru_cache(maxsize=5_000)
def inflect_adjective(adjective: str, case: Case, plural: bool, gender: Gender) -> str:
    """An adjective's form; the adjective unchanged where the dictionary has no such form."""
    wanted = {"plur" if plural else gender, case} | (
        {"inan"} if case == "accs" and gender != "femn" else set()
    )
    for parse in analyser().parse(adjective):
        found = parse.inflect(wanted) or parse.inflect(wanted - {"inan"})
        if found is not None:
            return str(found.word)
    return adjective


@lru_cache(maxsize=5_000)
def gender_of(noun: str) -> Gender:
    """Grammatical gender of a noun given in its dictionary form."""
    known = (form.gender for form in forms(noun) if form.part == "NOUN" and form.gender)
    return _GENDERS[noun] if noun in _GENDERS else next(known, "masc")
