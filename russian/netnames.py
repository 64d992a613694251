"""Latin text aloud: e-mail addresses, web addresses, brands, acronyms, Roman numerals."""

import re
from functools import cache

from russian.abbreviations import full_stop, hyphen
from russian.agreement import agree, case_before, cases_before, in_words, noun_after, word_before
from russian.latin import say_latin, spell, transliterate
from russian.lexicon import spoken_forms
from russian.morphology import Case, Form, forms, inflect
from russian.numerals import cardinal, ordinal, spelled
from russian.rules import Rule
from russian.tables import listed

_SIGNS = {"@": "собака", ".": "точка", "/": "слэш", "-": "дефис", "_": "подчёркивание",
          ":": "двоеточие", "?": "вопрос", "=": "равно", "&": "амперсанд", "%": "процент",
          "#": "решётка", "+": "плюс", "~": "тильда"}  # fmt: skip
_DOMAINS = {"ru": "ру", "com": "ком", "org": "орг", "net": "нет", "su": "су", "info": "инфо",
            "io": "ай-о", "me": "ми", "uk": "ю-кей", "www": "три дабл-ю", "de": "дэ", "eu": "е-у",
            "mail": "мейл", "gmail": "джимейл", "yandex": "яндекс", "ya": "я", "bk": "бэ-ка",
            "vk": "вэ-ка", "support": "суппорт", "help": "хелп"}  # fmt: skip
_PIECE = re.compile(r"[a-z]+|[а-яё]+|\d+|[^\w\s]|_", re.IGNORECASE)
_ROMAN = re.compile(r"(?=[IVXLC])(?:C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?![A-Za-z0-9&/@])")
_ROWS = frozenset(listed("глава том часть раздел акт век класс этап тур серия книга"))
_CENTURY = re.compile(r"([IVX]{1,6})(?: ?[-–—] ?([IVX]{1,6}))? ?(вв?)\.(?![а-яё])")
_CENTURIES: dict[Case, str] = {
    "nomn": "века",
    "accs": "века",
    "gent": "веков",
    "datv": "векам",
    "ablt": "веками",
    "loct": "веках",
}
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def rules() -> list[Rule]:
    """Addresses first, then Roman numerals, brands of several words, single words."""
    word = r"[A-Za-z0-9_-]{1,64}"
    return [
        Rule("0a", re.compile(
            rf"[A-Za-z0-9_.+-]{{1,64}}@(?:{word}\.){{1,5}}[A-Za-z]{{2,12}}"),
            _address, r"[\w.@+-]"),
        Rule("a", re.compile(r"https?://([^\s<>«»\"]{1,300}?)(?=[.,!?;:)]*(?:\s|$))"), _web),
        Rule("0a", re.compile(
            rf"(?:{word}\.){{1,4}}(?:рф|[A-Za-z]{{2,12}})"
            r"(?![A-Za-z0-9])(?:/[^\s<>«»\",;)]{0,200}[A-Za-z0-9])?"), _address, r"[\w.-]"),
        Rule("a", _CENTURY, _century),
        Rule("0", re.compile(r"([1-9]|1\d|2[01]) ?в\.(?![а-яё])"), _century_in_digits, " ?в"),
        Rule("a", _ROMAN, _roman),
        Rule("0a", _phrases(), _phrase, " ?[A-Za-z]"),
        Rule("a", re.compile(r"([A-Za-z]{1,40})(-(?=[а-яёA-Z]))?"), _word),
    ]  # fmt: skip


@cache
def _phrases() -> re.Pattern[str]:
    """Brands that hold spaces, hyphens or digits: "Full HD", "Wi-Fi", "IPv6"."""
    keys = sorted((key for key in spoken_forms() if not key.isalpha()), key=len, reverse=True)
    body = "|".join(map(re.escape, keys))
    return re.compile(rf"({body})(?![A-Za-z0-9])(-(?=[а-яё]))?", re.IGNORECASE)


def _web(found: re.Match[str]) -> str:
    return _spoken_pieces(found.group(1).rstrip("/"))


def _address(found: re.Match[str]) -> str:
    return _spoken_pieces(found.group())


def _spoken_pieces(address: str) -> str:
    said = []
    for piece in _PIECE.findall(address):
        if piece.isdigit():
            said.append(
                cardinal(int(piece)) if len(piece) <= 3 and piece[0] != "0" else spelled(piece)
            )
        elif piece.isalpha():
            said.append(_host_word(piece))
        else:
            said.append(_SIGNS.get(piece, ""))
    return " ".join(word for word in said if word)


def _host_word(piece: str) -> str:
    lower = piece.lower()
    if lower in _DOMAINS:
        return _DOMAINS[lower]
    if not lower.isascii():
        return "рф" if lower == "рф" else piece
    if len(lower) <= 3 and not set(lower) & set("aeiouy"):
        return spell(lower)
    known = spoken_forms().get(lower)
    return known if known else transliterate(lower)


def _century(found: re.Match[str]) -> str:
    """ "в XIX в.", "V–VI вв."."""
    first, last, _ = found.groups()
    before = word_before(found.string, found.start())
    case: Case = "loct" if before in ("в", "во") else case_before(found.string, found.start())
    said = ordinal(_roman_value(first), case)
    if last is None:
        return f"{said} {inflect('век', case, False)}{full_stop(found)}"
    return f"{said} — {ordinal(_roman_value(last), case)} {_CENTURIES[case]}{full_stop(found)}"


def _century_in_digits(found: re.Match[str]) -> str:
    """ "в 21 в."."""
    before = word_before(found.string, found.start())
    case: Case = "loct" if before in ("в", "во") else case_before(found.string, found.start())
    return f"{ordinal(int(found.group(1)), case)} {inflect('век', case, False)}{full_stop(found)}"


def _roman(found: re.Match[str]) -> str | None:
    """ "XX век", "II квартал", "Пётр I"; other capitals are no numerals."""
    text, written = found.string, found.group()
    if not written:
        return None
    number = _roman_value(written)
    nouns = [form for form in noun_after(text, found.end()) if not form.plural]
    if nouns and text[found.end() : found.end() + 1] == " ":
        wanted = cases_before(text, found.start())
        form = next((f for f in nouns if f.case in wanted), nouns[0])
        return ordinal(number, form.case or "nomn", form.gender or "masc")
    name = re.search(r"([А-ЯЁ][а-яё]{2,20}) $", text[max(0, found.start() - 24) : found.start()])
    if name and name.group(1).lower() not in _ROWS:
        named = next((f for f in forms(name.group(1)) if f.part == "NOUN" and not f.plural), None)
        if named and (named.animate or len(written) > 1):
            return ordinal(number, named.case or "nomn", named.gender or "masc")
    row = _row_before(text, found.start())
    if row or written == text.strip():
        return ordinal(number, (row and row.case) or "nomn", (row and row.gender) or "masc")
    if len(written) > 1 and written not in ("CD", "XL", "CC", "LC", "XXL", "CV", "CI", "CL", "LI"):
        return in_words(number, agree(text, found.start(), found.end(), number))
    return None


def _row_before(text: str, start: int) -> Form | None:
    """ "глава " before "IV": a thing, and not the head of something."""
    before = word_before(text, start)
    nouns = (form for form in (forms(before) if before else ()) if form.part == "NOUN")
    return next(
        (f for f in nouns if f.lemma in _ROWS and f.case and not f.plural and not f.animate), None
    )


def _roman_value(written: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in written]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _phrase(found: re.Match[str]) -> str:
    return spoken_forms()[found.group(1).lower()] + hyphen(found)


def _word(found: re.Match[str]) -> str:
    said = say_latin(found.group(1))
    return said + (hyphen(found) if " " in said else found.group(2) or "")
