"""Latin text aloud: e-mail addresses, web addresses, brands, acronyms, Roman numerals."""

import re
from functools import cache

from russian.grammar.agreement import (
    agree,
    cases_before,
    in_words,
    noun_after,
    short_case,
    word_before,
)
from russian.grammar.lexicon import spoken_forms
from russian.grammar.morphology import Case, Form, forms, gender_of, inflect, lemma
from russian.grammar.numerals import cardinal, ordinal, spelled
from russian.grammar.rules import Rule
from russian.grammar.tables import listed
from russian.speaking.abbreviations import full_stop, hyphen, place_case
from russian.speaking.latin import say_latin, spell, transliterate

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
# Nouns of a row, shortened after their number ("XX в.", "3 эт.") or before it ("гл. IV").
_SHORT_ROWS = {
    "вв": "век", "в": "век", "кв": "квартал", "эт": "этаж", "гл": "глава", "т": "том",
    "ч": "часть", "пол": "половина", "ст": "степень", "разд": "раздел",
}  # fmt: skip
_SHORT = rf"({'|'.join(_SHORT_ROWS)})\."
_NUMERAL = r"([IVXL]{1,7})(?:( ?[-–—] ?| и )([IVXL]{1,7}))?(?![A-Za-z])"
_SHORT_ROW_IN_DIGITS = re.compile(
    r"(\d\d?)(?:-[йя])? ?(эт|в|кв)\.(?! ?(?:\d{1,3}(?!\d)|[кс]?м(?![а-яё]))|[а-яё])"
)
_WORD = re.compile(r" ([а-яё]+)")
_CENTURIES: dict[str, Case] = {
    "века": "nomn", "веков": "gent", "векам": "datv", "веками": "ablt", "веках": "loct",
}  # fmt: skip
_ENDS = frozenset(listed("конец начало середина половина рубеж"))
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def rules() -> list[Rule]:
    """Addresses first, then Roman numerals, brands of several words, single words."""
    word = r"[A-Za-z0-9_-]{1,64}"
    return [
        Rule("0a", re.compile(
            rf"[A-Za-z0-9_.+-]{{1,64}}@(?:{word}\.){{1,5}}[A-Za-z]{{2,12}}"),
            _address, r"[\w.@+-]"),
        Rule("#", re.compile(r"@[A-Za-z0-9_.]{1,64}(?<!\.)"), _address, signs="@"),
        Rule("a", re.compile(r"https?://([^\s<>«»\"]{1,300}?)(?=[.,!?;:)]*(?:\s|$))"), _web),
        Rule("0a", re.compile(
            rf"(?:{word}\.){{1,4}}(?:рф|[A-Za-z]{{2,12}})"
            r"(?![A-Za-z0-9])(?:/[^\s<>«»\",;)]{0,200}[A-Za-z0-9])?"), _address, r"[\w.-]"),
        Rule("a", re.compile(rf"{_NUMERAL} ?{_SHORT}(?![а-яё])"), _short_row),
        Rule("a", re.compile(r"([IVX]{1,6}) ?[-–—] ?([IVX]{1,6}) (век[а-я]{1,3})"), _centuries),
        Rule("я", re.compile(rf"{_SHORT} ?{_NUMERAL}", re.IGNORECASE), _short_row_before),
        Rule("0", _SHORT_ROW_IN_DIGITS, _short_row_in_digits, " ?[эвк]|-[йя]"),
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


def _short_row(found: re.Match[str]) -> str:
    """ "в XIX в.", "V–VI вв.", "за III кв."."""
    first, joint, last, short = found.groups()
    ends = [_roman_value(end) for end in (first, last) if end]
    return _row(found, ends, _SHORT_ROWS[short], " и " if joint == " и " else " — ")


def _centuries(found: re.Match[str]) -> str | None:
    """ "XI–XIII века": the noun shows the case."""
    first, last, noun = found.groups()
    case = _CENTURIES.get(noun)
    if case is None:
        return None
    ends = (ordinal(_roman_value(end), case) for end in (first, last))
    return f"{' — '.join(ends)} {noun}"


def _short_row_in_digits(found: re.Match[str]) -> str | None:
    """ "в 21 в.", "3 эт."; "дом 3 кв." is no quarter of a year."""
    number, short = int(found.group(1)), found.group(2)
    if number > (4 if short == "кв" else 100):
        return None
    return _row(found, [number], _SHORT_ROWS[short])


def _row(found: re.Match[str], ends: list[int], noun: str, joint: str = " — ") -> str:
    case = short_case(found.string, found.start())
    said = joint.join(ordinal(end, case, gender_of(noun)) for end in ends)
    return f"{said} {inflect(noun, case, len(ends) > 1)}{full_stop(found)}"


def _short_row_before(found: re.Match[str]) -> str:
    """ "см. гл. IV", "т. I–II"."""
    short, first, _, last = found.groups()
    noun = _SHORT_ROWS[short.lower()]
    case = place_case(cases_before(found.string, found.start()))
    said = (
        f"{inflect(noun, case, bool(last))} {ordinal(_roman_value(first), case, gender_of(noun))}"
    )
    return f"{said} — {ordinal(_roman_value(last), case, gender_of(noun))}" if last else said


def _roman(found: re.Match[str]) -> str | None:
    """ "XX век", "II квартал", "Пётр I"; other capitals are no numerals."""
    text, written = found.string, found.group()
    if not written:
        return None
    number = _roman_value(written)
    named = _name_before(text, found.start())
    nouns = noun_after(text, found.end()) or _row_after(text, found.end())
    verb = named and named.animate and nouns and nouns[0].plural  # "Павел I правил"
    if nouns and not verb and text[found.end() : found.end() + 1] == " ":
        wanted = cases_before(text, found.start())
        form = next((f for f in nouns if f.case in wanted), nouns[0])
        return ordinal(number, form.case or "nomn", form.gender or "masc", form.plural)
    if named and (named.animate or len(written) > 1):
        return ordinal(number, named.case or "nomn", named.gender or "masc")
    row = _row_before(text, found.start())
    if row or written == text.strip():
        return ordinal(number, (row and row.case) or "nomn", (row and row.gender) or "masc")
    return _roman_alone(found, number)


def _roman_alone(found: re.Match[str], number: int) -> str | None:
    """No noun shows what is numbered; one letter and sizes are none."""
    text, written = found.string, found.group()
    if len(written) > 1 and written not in ("CD", "XL", "CC", "LC", "XXL", "CV", "CI", "CL", "LI"):
        before = word_before(text, found.start())
        if before and lemma(before) in _ENDS:
            return ordinal(number, "gent")  # "конец XIX — начало XX века"
        return in_words(number, agree(text, found.start(), found.end(), number))
    return None


def _name_before(text: str, start: int) -> Form | None:
    """ "Пётр " before "I"; "Глава " is a name of a row."""
    name = re.search(r"([А-ЯЁ][а-яё]{2,20}) $", text[max(0, start - 24) : start])
    if not name or lemma(name.group(1).lower()) in _ROWS:
        return None
    nouns = (form for form in forms(name.group(1)) if form.part == "NOUN" and not form.plural)
    return next(nouns, None)


def _row_after(text: str, position: int) -> tuple[Form, ...]:
    """ " том" after "I": a noun of a row that is likelier something else ("о том")."""
    word = _WORD.match(text, position)
    readings = forms(word.group(1)) if word else ()
    return tuple(form for form in readings if form.lemma in _ROWS and form.part == "NOUN")


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
