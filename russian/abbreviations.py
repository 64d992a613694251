"""Written abbreviations and acronyms of Russian, and what they stand for."""

import re

from russian.agreement import cases_before
from russian.latin import spell_russian
from russian.lexicon import acronyms
from russian.morphology import Case, inflect
from russian.rules import Rule

# Said as they stand, whatever is around.
_FIXED = {
    "т. е.": "то есть", "т. к.": "так как", "т. д.": "так далее", "т. п.": "тому подобное",
    "т. н.": "так называемый", "т. о.": "таким образом", "т. ч.": "том числе", "др.": "другие",
    "н. э.": "нашей эры", "см.": "смотри", "напр.": "например", "вкл.": "включительно",
    "искл.": "исключая", "прим.": "примечание", "проч.": "прочее",
    "ч/б": "чёрно-белый", "б/у": "бэ-у", "г-н": "господин", "г-жа": "госпожа", "и/или": "и или",
    "мин.": "минут", "сек.": "секунд", "макс.": "максимум", "тыс.": "тысяч", "млн": "миллионов",
    "млрд": "миллиардов", "руб.": "рублей", "коп.": "копеек", "проф.": "профессор",
    "акад.": "академик", "им.": "имени", "зам.": "заместитель", "доп.": "дополнительный",
    "раб.": "рабочих", "мес.": "месяц", "нед.": "неделю", "вых.": "выходной",
}  # fmt: skip
# Nouns, put into the case that the word before asks for.
_NOUNS = {
    "ул.": "улица", "ул": "улица", "пр.": "проспект", "пр-т": "проспект", "просп.": "проспект",
    "пер.": "переулок", "пл.": "площадь", "наб.": "набережная", "ш.": "шоссе", "бул.": "бульвар",
    "б-р": "бульвар", "р-н": "район", "обл.": "область", "пос.": "посёлок", "дер.": "деревня",
    "мкр.": "микрорайон", "мкрн.": "микрорайон", "д.": "дом", "корп.": "корпус", "к.": "корпус",
    "кв.": "квартира", "кв": "квартира", "оф.": "офис", "каб.": "кабинет", "эт.": "этаж",
    "под.": "подъезд", "тел.": "телефон", "моб.": "мобильный", "доб.": "добавочный", "г.": "город",
    "с.": "село", "п.": "пункт", "пп.": "подпункт", "ст.": "статья", "ч.": "часть",
    "стр.": "страница", "рис.": "рисунок", "табл.": "таблица", "разд.": "раздел", "гл.": "глава",
    "дог.": "договор", "л/с": "лицевой счёт", "р/с": "расчётный счёт",
}  # fmt: skip
# Only before a number: "д. 12"; other letters before a full stop are other things.
_NEEDS_NUMBER = frozenset(
    ("д.", "к.", "под.", "п.", "пп.", "ст.", "ч.", "стр.", "эт.", "каб.", "корп.", "кв", "гл.")
)
_NEEDS_NAME = frozenset(("г.", "с.", "пос.", "дер.", "ш.", "пл.", "пр.", "ул"))
# Days of the week: nominative, then the two forms of "с понедельника по пятницу".
_DAYS = {
    "пн": ("понедельник", "понедельника", "понедельник"), "вт": ("вторник", "вторника", "вторник"),
    "ср": ("среда", "среды", "среду"), "чт": ("четверг", "четверга", "четверг"),
    "пт": ("пятница", "пятницы", "пятницу"), "сб": ("суббота", "субботы", "субботу"),
    "вс": ("воскресенье", "воскресенья", "воскресенье"),
}  # fmt: skip
_VOWELS = frozenset("АЕЁИОУЫЭЮЯ")
_LONGEST_SPELLED = 5


def rules() -> list[Rule]:
    """Rules for abbreviations, dotted ones first."""
    day = "|".join(_DAYS)
    edge = r"(?![А-Яа-яЁё\u0301+])"
    return [
        Rule("я", re.compile(rf"({day})\.?(?: ?[-–—] ?({day}))?{edge}", re.IGNORECASE), _say_days),
        Rule("я", _one_of(_FIXED), _say_fixed),
        Rule("я", _one_of(_NOUNS), _say_noun),
        Rule("я", re.compile(rf"([А-ЯЁ]{{2,8}}){edge}(-(?=[а-яё]))?"), _say_acronym),
    ]


def _one_of(table: dict[str, str]) -> re.Pattern[str]:
    """A pattern for the table's keys, longest first, spaces inside optional."""
    keys = sorted(table, key=len, reverse=True)
    body = "|".join(re.escape(key).replace(r"\ ", " ?") for key in keys)
    return re.compile(rf"(?<![А-Яа-яЁё\u0301+-])(?:{body})(?![А-Яа-яЁё\u0301+-])", re.IGNORECASE)


def _key(found: re.Match[str]) -> str:
    return re.sub(r"\.(?=[а-яё])", ". ", found.group().lower())


def full_stop(found: re.Match[str]) -> str:
    """ "." where the abbreviation's own full stop also ends the sentence, else ""."""
    rest = found.string[found.end() : found.end() + 4].lstrip(' »")')
    return "." if found.group().endswith(".") and (not rest or rest[0].isupper()) else ""


def _capital(said: str, found: re.Match[str]) -> str:
    return said[0].upper() + said[1:] if found.group()[0].isupper() else said


def _say_days(found: re.Match[str]) -> str | None:
    """ "пн-пт" is a span; a day alone needs its full stop or two capitals' absence ("ВС")."""
    first, last = found.groups()
    if last:
        return f"с {_DAYS[first.lower()][1]} по {_DAYS[last.lower()][2]}"
    if first.isupper() or (first in ("ср", "вс") and "." not in found.group()):
        return None
    accusative = "accs" in cases_before(found.string, found.start())
    return _capital(_DAYS[first.lower()][2 if accusative else 0], found) + full_stop(found)


def _say_fixed(found: re.Match[str]) -> str | None:
    said = _FIXED.get(_key(found))
    return _capital(said, found) + full_stop(found) if said else None


def _say_noun(found: re.Match[str]) -> str | None:
    key = _key(found)
    following = found.string[found.end() : found.end() + 3].lstrip(' «"№')
    if key in _NEEDS_NUMBER and not following[:1].isdigit():
        return None
    if key in _NEEDS_NAME and not following[:1].isupper():
        return None
    noun = _NOUNS[key]
    case = place_case(cases_before(found.string, found.start()))
    return _capital(noun if " " in noun else inflect(noun, case, False), found)


def place_case(allowed: tuple[Case, ...]) -> Case:
    """The case of a place's noun: "на улице", "по улице", "до улицы"."""
    if "datv" in allowed:
        return "datv"
    if "loct" in allowed:
        return "loct"
    return allowed[0] if allowed else "nomn"


def _say_acronym(found: re.Match[str]) -> str | None:
    """From the table; else letter by letter if it cannot be read as a word."""
    word = found.group(1)
    if word in acronyms():
        return acronyms()[word] + hyphen(found)
    if set(word) & _VOWELS or len(word) > _LONGEST_SPELLED:
        return None
    return spell_russian(word.lower()) + hyphen(found)


def hyphen(found: re.Match[str]) -> str:
    """A space for the hyphen of group 2 after spelled letters: "ай пи адрес" for "IP-адрес"."""
    return " " if found.group(2) else ""
