"""Hyphens that a recogniser leaves out: "кто то" is «кто-то», "по русски" is «по-русски».

Closed classes of words only: indefinite pronouns, «из-за», adverbs on «по-» and a few pairs. Of
«то» and «по своему», which are also written apart, what follows decides.
"""

import re

from russian.grammar.morphology import forms, is_known
from russian.grammar.tables import listed

_PRONOUN = (
    r"(?:кто|кого|кому|кем|ком|что|чего|чему|ч[её]м|как(?:ой|ая|ое|ие|ого|ую|ом|им|ими|их|ому)?"
    r"|ч(?:ей|ь[яеёию]|ьего|ьей|ьих|ьему|ьим|ьими|ь[её]м)|где|куда|откуда|когда|почему|зачем|сколько)"
)
_BEGIN, _END = r"(?<![\w-])", r"(?![\w-])"
# After these «то» belongs to what follows: "кто то же самое", "что то есть", "когда то, что".
_APART = r"(?! (?:что|чего|чему|чем|чтобы|как|же|самое|есть|ли|и|или|а|но|о|об)(?!\w))"
_PAIRS = listed(
    """чуть_чуть еле_еле едва_едва давным_давно мало_помалу крест_накрест волей_неволей туда_сюда
    во_первых во_вторых наконец_то вообще_то ну_ка дай_ка дайте_ка давай_ка давайте_ка скажи_ка
    скажите_ка подожди_ка подождите_ка посмотри_ка посмотрите_ка из_за из_под все_таки всё_таки
    так_таки опять_таки довольно_таки прямо_таки просто_напросто"""
)
_ALWAYS = re.compile(
    rf"{_BEGIN}(?:{_PRONOUN} (?:нибудь|либо)|ко[ей] {_PRONOUN}"
    rf"|{'|'.join(_PAIRS).replace('_', ' ')}){_END}",
    re.IGNORECASE,
)
_PARTICLE = re.compile(rf"{_BEGIN}{_PRONOUN} то{_END}{_APART}", re.IGNORECASE)
_ADVERB = re.compile(
    rf"{_BEGIN}по ([а-яё]+(?:ски|цки|ьи|[ое]му)){_END}(?: ([а-яё]+))?", re.IGNORECASE
)


def hyphenated(text: str) -> str:
    """The text with the hyphens that its words ask for."""
    for pattern in (_ALWAYS, _PARTICLE):
        text = pattern.sub(lambda found: found.group().replace(" ", "-"), text)
    return _ADVERB.sub(_adverb, text)


def _adverb(found: re.Match[str]) -> str:
    """ "по моему" is an adverb unless it says whose or which: "по моему мнению"."""
    word, after = found.group(1).lower(), found.group(2)
    if not is_known(f"по-{word}") or (word.endswith("му") and after and _is_owned(after)):
        return found.group()
    return found.group().replace(" ", "-", 1)


def _is_owned(word: str) -> bool:
    return any(
        form.case == "datv" and not form.plural and form.part in ("NOUN", "ADJF")
        for form in forms(word)
    )
