"""Which case a number takes, read from the words around it.

A preposition or a word such as "более" allows some cases; the noun after the number, by its own
form, allows some; the number takes the first case that both allow.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from russian.grammar.morphology import (
    CASES,
    Case,
    Form,
    Gender,
    forms,
    gender_of,
    inflect,
    lemma,
)
from russian.grammar.numerals import cardinal, is_few, is_one, ordinal
from russian.grammar.tables import listed
from russian.spelling import STRESS, unstressed

_GENITIVE = listed(
    """от до из без для около после у свыше более менее больше меньше порядка против вместо кроме
    среди возле вокруг ради течение размере пределах протяжении истечении позднее позже
    раньше ранее дороже дешевле старше младше сумме выше ниже глубже шире длиннее ввиду из-
    за из-под сверх вне кроме достаточно нет хватает хватит"""
)
_GOVERNED: dict[str, tuple[Case, ...]] = {
    **dict.fromkeys(_GENITIVE, ("gent",)),
    "с": ("gent", "ablt"), "со": ("gent", "ablt"),
    "к": ("datv",), "ко": ("datv",), "благодаря": ("datv",), "согласно": ("datv",),
    "равно": ("datv",), "равен": ("datv",), "равна": ("datv",), "равняется": ("datv",),
    "по": ("accs", "datv", "loct"), "над": ("ablt",), "перед": ("ablt",), "между": ("ablt", "gent"),
    "о": ("loct", "accs"), "об": ("loct", "accs"), "при": ("loct",),
    "в": ("accs", "loct"), "во": ("accs", "loct"), "на": ("accs", "loct"),
    "за": ("accs", "ablt"), "под": ("accs", "ablt"), "через": ("accs",), "про": ("accs",),
    "каждые": ("accs",), "см.": ("accs",),
    "вместе с": ("ablt",), "ок.": ("gent",), "св.": ("gent",),
}  # fmt: skip
# Nouns whose number names one of a row: "3 этаж" is the third, also where "три" would agree.
_ORDERED = frozenset(
    listed(
        """этаж подъезд квартал класс курс век полугодие место ряд сезон очередь группа
        страница строка"""
    )
)
# Nouns that are named by the number after them, so that it has nothing to do with the next noun.
_LABELS = frozenset(
    listed(
        """номер пункт дом квартира корпус строение офис статья параграф раздел глава страница
        канал шаг вариант кабинет абзац приложение версия порт модель"""
    )
)
# "десять мегабит": these look like the nominative, and are a genitive plural after a number.
_COUNT_FORMS = frozenset(
    listed(
        """бит килобит мегабит гигабит байт килобайт мегабайт гигабайт терабайт герц килогерц
        мегагерц гигагерц ватт киловатт вольт ампер раз человек"""
    )
)
# "ст. 159 ч. 4", "п. 5 г": what stands after these numbers is not counted.
LABEL_BEFORE = re.compile(
    r"(?<![а-яё])(?:ст|пп?|гл|разд|кв|д|корп|каб|оф|рис|табл|стр|т|ч)\.? ?$", re.IGNORECASE
)
_PARTS_OF_DAY = frozenset(listed("утро вечер ночь"))

# Verbs that pymorphy3 calls intransitive, though they take a measure in the accusative.
_MEASURING = frozenset(listed("стоить обойтись обходиться весить длиться продолжаться проработать"))
_VERBS = frozenset(("VERB", "INFN", "GRND"))
_PEOPLE = frozenset(
    listed("ребёнок мальчик девочка мужчина женщина подросток девушка юноша человек")
)
_PARTS_OF_YEAR = (
    "кв. ", "пол. ", "п/г ", "янв. ", "фев. ", "февр. ", "мар. ", "апр. ", "июн. ", "июл. ",
    "авг. ",
    "сен. ", "сент. ", "окт. ", "ноя. ", "нояб. ", "дек. ",
)  # fmt: skip
_AGE = re.compile(r" (?:лет|года?)(?![а-яё])")
_AWAY = re.compile(
    r"[\d ,.–-]{1,12}(?:км|м|см|миль|метр|километр|мин|час)[а-я]*\.?(?: [а-яё]{1,12})?"
    r" (?:от|к)(?![а-яё])"
)

# "см." is a verb, too; a minus belongs to the number.
_BEFORE = re.compile(
    rf"(?<![/\w])([А-Яа-яЁё{STRESS}-]+|(?:[Сс]м|[Оо]к|[Сс]в)\.)[ «\"(]{{1,3}}"
    r"(?:(?<=[ (])[-−–+]|минус |плюс )?$"
)
_AFTER = re.compile(
    r" (?:«[А-Я]» )?(?:раб\. ?)?(?![а-яё]{1,2}\.|[а-яё]{1,5}\. ?\d)"
    rf"([А-Яа-яЁё{STRESS}]+(?:-[А-Яа-яЁё{STRESS}]+)?)"
)
_LOOK_BACK = 40
_OVER_AND = re.compile(
    r"(?<![\w-])([А-Яа-яё]{1,12}|[Сс]м\.) (?:[а-я]{1,6}\. ?)?\d[\d .,]{0,9}(?:[^\s\d]{1,8})?"
    r"(?: [а-яё]{1,14})?,? (?:и|или) $"
)
_TOGETHER = re.compile(
    r"(?:соответствии|сравнению|вместе|рядом|наряду|связи|одновременно|совместно) со? $"
)
_OF = re.compile(r" из \d")
_BETWEEN = ' «"(-−–+'
_LAST = STRESS + "."


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the surroundings ask of a number."""

    case: Case
    gender: Gender = "masc"
    animate: bool = False
    ordinal: bool = False
    plural: bool = False


_ALONE = Agreed("nomn")


def word_before(text: str, position: int) -> str:
    """The lower-case word that ends right before `position`, or ""."""
    if text[position - 1 : position] not in _BETWEEN:
        return ""  # most numbers that touch something: settled without a search
    before = text[max(0, position - _LOOK_BACK) : position]
    last = before.rstrip(_BETWEEN)[-1:]
    if not (last.isalpha() or last in _LAST):
        return ""
    found = _BEFORE.search(before)
    return unstressed(found.group(1)).lower() if found else ""


def cases_before(text: str, position: int) -> tuple[Case, ...]:
    """Cases that the word before `position` allows, likeliest first; () where it does not say."""
    return _governed(_governor(text, position))


def _governor(text: str, position: int) -> str:
    """The word that decides the case: over "и", as in "до 300 Мбит/с и 210 каналов"."""
    before = word_before(text, position)
    if before in ("и", "или"):
        found = _OVER_AND.search(text, max(0, position - _LOOK_BACK), position)
        above = found.group(1).lower() if found else ""
        return above if above in _GOVERNED else before
    if before in ("с", "со") and _TOGETHER.search(text, max(0, position - _LOOK_BACK), position):
        return "вместе с"
    return before


@lru_cache(maxsize=20_000)
def _governed(word: str) -> tuple[Case, ...]:
    """Cases after a preposition, a comparative ("тяжелее") or a verb with a direct object."""
    if not word or word in _GOVERNED:
        return _GOVERNED.get(word, ())
    reading = forms(word)[0]
    if reading.part == "COMP":
        return ("gent",)
    if reading.part == "ADJF" and reading.plural:  # "этих 5 р.", "первым 3 клиентам"
        return tuple(form.case for form in forms(word) if form.plural and form.case)
    if reading.part in _VERBS and (reading.transitive or reading.lemma in _MEASURING):
        return ("accs",)
    return ()


def case_before(text: str, position: int, number: int | None = None) -> Case:
    """The case asked for where nothing after the number shows it (an abbreviated unit, no noun)."""
    before = word_before(text, position)
    if number is not None and is_one(number) and before == "по":
        return "datv"  # "по одному рублю", but "по пять рублей"
    if before in ("в", "во") and _AWAY.match(text, position):
        return "loct"  # "в трёх километрах от метро", but "длиной в три километра"
    allowed = _governed(before)
    if not allowed and _AGE.search(text, position, position + 20) and _is_person(before):
        return "gent"  # "для детей трёх-пяти лет", but "ребёнку пять лет"
    return allowed[0] if allowed else "nomn"


def short_case(text: str, position: int) -> Case:
    """The case of a year's or a century's abbreviation: "в 2024 г.", "отчёт за III кв. 2024 г."."""
    before = _governor(text, position)
    if before in ("в", "во"):
        return "loct"
    allowed = _governed(before)
    if allowed:
        return allowed[0]
    part_of_it = text.endswith(_PARTS_OF_YEAR, 0, position)
    return "gent" if part_of_it or (before and forms(before)[0].part == "NOUN") else "nomn"


def _is_person(word: str) -> bool:
    return any(f.lemma in _PEOPLE and f.case in ("nomn", "gent", "accs") for f in forms(word)[:2])


def noun_after(text: str, position: int) -> tuple[Form, ...]:
    """Readings of the noun after `position`, over at most two adjectives; () if there is none."""
    for _ in range(3):
        found = _AFTER.match(text, position)
        if not found:
            return ()
        readings = forms(unstressed(found.group(1)))
        nouns = tuple(form for form in readings if form.part == "NOUN" and form.case)
        if found.group(1) in _COUNT_FORMS:
            return (Form(found.group(1), "NOUN", "gent", True, "masc", False), *nouns)
        if nouns and readings[0].part not in ("ADJF", "PRTF"):
            adverb = readings[0].part == "ADVB" and found.group(1).endswith(
                ("ами", "ью")
            )  # "часами"
            return nouns if adverb or readings[0].part in ("NOUN", "NUMR") else ()
        if not any(form.part in ("ADJF", "PRTF") for form in readings):
            return ()
        position = found.end()
    return ()


def agree(text: str, start: int, end: int, number: int) -> Agreed:
    """Case, gender and kind of the integer written at text[start:end]."""
    before = _governor(text, start)
    allowed = _governed(before)
    if before in ("в", "во") and _OF.match(text, end):
        return Agreed("loct")  # "в трёх из пяти случаев"
    if not allowed and _AGE.match(text, end) and _is_person(before):
        allowed = ("gent",)
    nouns = tuple(form for form in noun_after(text, end) if form.lemma not in _PARTS_OF_DAY)
    if LABEL_BEFORE.search(text, max(0, start - 8), start):
        nouns = ()
    if not allowed and not nouns:
        return _ALONE
    order = _order(before, allowed)
    counted = [(case, form) for form in nouns for case in _counted_cases(number, form)]
    one_of_a_row = any(form.lemma in _ORDERED for form in nouns)
    fitting = [pair for pair in counted if pair[0] in order]
    if fitting and not (one_of_a_row and (is_one(number) or allowed == ("gent",))):
        case, form = min(fitting, key=lambda pair: order.index(pair[0]))
        return Agreed(case, form.gender or "masc", form.animate)
    singular = [form for form in nouns if not form.plural and form.case]
    limit = 1000 if one_of_a_row else 100
    if singular and (one_of_a_row or not counted) and number < limit and not _labelled(text, start):
        form = min(singular, key=lambda form: _rank(order, form.case))
        return Agreed(form.case or "nomn", form.gender or "masc", ordinal=True)
    gender = nouns[0].gender if nouns else None
    return Agreed(counted[0][0] if counted and not allowed else order[0], gender or "masc")


@lru_cache(maxsize=20_000)
def _order(before: str, allowed: tuple[Case, ...]) -> tuple[Case, ...]:
    """A preposition admits its cases only; a verb prefers its own ("выдали 5 клиентам")."""
    strict = allowed and (before in _GOVERNED or allowed != ("accs",))
    return allowed if strict else (*allowed, *(case for case in CASES if case not in allowed))


def is_ordered(noun: Form) -> bool:
    """Whether numbers of this noun name one of a row: floors, entrances, quarters."""
    return noun.lemma in _ORDERED


def _labelled(text: str, start: int) -> bool:
    before = word_before(text, start)
    return text[max(0, start - 3) : start].rstrip(" ")[-1:] in ("№", "§", ".") or (
        bool(before) and lemma(before) in _LABELS
    )


def _rank(order: tuple[Case, ...], case: Case | None) -> int:
    return order.index(case) if case in order else len(order)


def _counted_cases(number: int, form: Form) -> tuple[Case, ...]:
    """Cases of a numeral that can stand before this form of a noun."""
    if form.case is None:
        return ()
    if is_one(number):
        return () if form.plural else (form.case,)
    if not form.plural:
        if not is_few(number) or form.case != "gent":
            return ()
        return ("nomn",) if form.animate and number < 5 else ("nomn", "accs")
    if form.case == "gent":
        return ("gent",) if is_few(number) else ("nomn", "accs", "gent")
    return (form.case,) if form.case in ("datv", "ablt", "loct") else ()


def in_words(number: int, agreed: Agreed) -> str:
    """The number as `agreed` asks."""
    if agreed.ordinal:
        return ordinal(number, agreed.case, agreed.gender, agreed.plural)
    return cardinal(number, agreed.case, agreed.gender, agreed.animate)


def noun_for(number: int, noun: str, case: Case, counted: str = "") -> str:
    """The noun as it stands after a number: "рубль", "рубля", "рублей", "рублям".

    `counted` replaces the genitive plural where people use a short one ("десять мегабит").
    """
    if is_one(number):
        return inflect(noun, case, False)
    if case in ("nomn", "accs"):
        if is_few(number):
            return inflect(noun, "gent", False)
        case = "gent"
    return counted if counted and case == "gent" else inflect(noun, case, True)


def count(number: int, noun: str, case: Case, counted: str = "") -> str:
    """A number with its noun, in a case: "двадцать одна копейка", "к пяти рублям"."""
    said = "тысяча" if number == 1000 else cardinal(number, case, gender_of(noun))
    if number == 1000:
        said = inflect("тысяча", case, False)
    return f"{said} {noun_for(number, noun, case, counted)}"
