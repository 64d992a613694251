"""Written abbreviations and acronyms of Russian, and what they stand for."""

import re

from russian.agreement import cases_before, noun_for
from russian.latin import RUSSIAN_LETTERS
from russian.morphology import Case, inflect, unstressed
from russian.rules import Rule

# Said as they stand, whatever is around.
_FIXED = {
    "т. е.": "то есть", "т. к.": "так как", "и т. д.": "и так далее", "и т. п.": "и тому подобное",
    "т. н.": "так называемый", "т. о.": "таким образом", "и др.": "и другие", "и пр.": "и прочее",
    "в т. ч.": "в том числе", "до н. э.": "до нашей эры", "н. э.": "нашей эры", "см.": "смотри",
    "напр.": "например", "вкл.": "включительно", "искл.": "исключая", "ок.": "около",
    "прим.": "примечание", "т. ч.": "том числе", "ч/б": "чёрно-белый", "б/у": "бэ-у",
    "г-н": "господин", "г-жа": "госпожа", "и/или": "и или", "в/у": "вышеуказанный",
    "с/х": "сельскохозяйственный", "мин.": "минут", "сек.": "секунд", "макс.": "максимум",
    "тыс.": "тысяч", "млн": "миллионов", "млрд": "миллиардов", "руб.": "рублей", "коп.": "копеек",
    "пн": "понедельник", "вт": "вторник", "чт": "четверг", "пт": "пятница", "сб": "суббота",
    "пн.": "понедельник", "вт.": "вторник", "ср.": "среда", "чт.": "четверг", "пт.": "пятница",
    "сб.": "суббота", "вс.": "воскресенье", "вс": "воскресенье", "доп.": "дополнительный",
    "стр.": "страница", "рис.": "рисунок", "табл.": "таблица", "разд.": "раздел", "гл.": "глава",
    "проф.": "профессор", "акад.": "академик", "им.": "имени", "зам.": "заместитель",
}  # fmt: skip
# Nouns, put into the case that the word before asks for.
NOUNS = {
    "ул.": "улица", "пр.": "проспект", "пр-т": "проспект", "просп.": "проспект", "пер.": "переулок",
    "пл.": "площадь", "наб.": "набережная", "ш.": "шоссе", "бул.": "бульвар", "б-р": "бульвар",
    "р-н": "район", "обл.": "область", "пос.": "посёлок", "дер.": "деревня", "мкр.": "микрорайон",
    "мкрн.": "микрорайон", "д.": "дом", "корп.": "корпус", "к.": "корпус", "кв.": "квартира",
    "оф.": "офис", "каб.": "кабинет", "эт.": "этаж", "под.": "подъезд", "тел.": "телефон",
    "моб.": "мобильный", "доб.": "добавочный", "факс.": "факс", "г.": "город", "с.": "село",
    "п.": "пункт", "пп.": "подпункт", "ст.": "статья", "ч.": "часть", "стр.": "строение",
    "дог.": "договор", "л/с": "лицевой счёт", "р/с": "расчётный счёт",
}  # fmt: skip
# Only before a number or a name: "д. 12", "г. Москва", but "сад." and a sentence's last "д." stay.
_NEEDS_NUMBER = {"д.", "к.", "под.", "п.", "пп.", "ст.", "ч.", "стр.", "эт.", "каб.", "корп."}
_NEEDS_NAME = {"г.", "с.", "пос.", "дер.", "ш.", "пл.", "пр."}
# Acronyms that have vowels and are spelled all the same, or are said in a way of their own.
_ACRONYMS = {
    "США": "сэ шэ а", "ФИО": "фэ и о", "ООО": "о о о", "ОАО": "о а о", "ПАО": "пэ а о",
    "АО": "а о", "ИП": "и пэ", "ЕС": "е эс", "ПО": "пэ о", "РФ": "эр эф", "ТВ": "тэ вэ",
    "СМС": "эс эм эс", "ЛК": "эл ка", "ИНН": "и эн эн", "КПП": "ка пэ пэ", "БИК": "бик",
    "ОГРН": "о гэ эр эн", "АТС": "а тэ эс", "АТМ": "а тэ эм", "СССР": "эс эс эс эр",
    "МФЦ": "эм эф цэ", "ЖКХ": "жэ ка ха", "СНГ": "эс эн гэ", "УК": "у ка", "ТО": "тэ о",
    "ЧП": "че пэ", "ФСБ": "фэ эс бэ", "МТС": "эм тэ эс", "ЕДДС": "е дэ дэ эс", "ЭЦП": "э цэ пэ",
    "ТЭЦ": "тэц", "ГОСТ": "гост", "ЭВМ": "э вэ эм", "ИТ": "ай ти", "АЗС": "а зэ эс", "ИБП": "и бэ пэ",
}  # fmt: skip
_VOWELS = set("АЕЁИОУЫЭЮЯ")


def rules() -> list[Rule]:
    """Rules for abbreviations, dotted ones first."""
    return [
        Rule("я", _one_of(_FIXED), _say_fixed),
        Rule("я", _one_of(NOUNS), _say_noun),
        Rule("я", re.compile(r"[А-ЯЁ]{2,8}(?![а-яёА-ЯЁ\u0301+])"), _say_acronym),
    ]


def _one_of(table: dict[str, str]) -> re.Pattern[str]:
    """A pattern for the table's keys, longest first, spaces inside optional."""
    keys = sorted(table, key=len, reverse=True)
    body = "|".join(re.escape(key).replace(r"\ ", " ?") for key in keys)
    return re.compile(rf"(?<![А-Яа-яЁё\u0301+-])(?:{body})(?![А-Яа-яЁё\u0301+-])", re.IGNORECASE)


def _key(found: re.Match[str]) -> str:
    return re.sub(r"\.(?=[а-яё])", ". ", found.group().lower())


def _ends_sentence(found: re.Match[str]) -> bool:
    """Whether the abbreviation's full stop also ends the sentence."""
    rest = found.string[found.end() : found.end() + 4].lstrip(' »")')
    return found.group().endswith(".") and (not rest or rest[0].isupper())


def _capital(said: str, found: re.Match[str]) -> str:
    return said[0].upper() + said[1:] if found.group()[0].isupper() else said


def _say_fixed(found: re.Match[str]) -> str | None:
    key = _key(found)
    said = _FIXED.get(key)
    if said is None or (key == "стр." and not _number_follows(found)):
        return None
    if key in ("ср.", "вс", "вт", "пт", "чт", "сб", "пн") and found.group().isupper():
        return None
    return _capital(said, found) + ("." if _ends_sentence(found) else "")


def _number_follows(found: re.Match[str]) -> bool:
    return bool(re.match(r" ?(?:№ ?)?\d", found.string[found.end() : found.end() + 4]))


def _say_noun(found: re.Match[str]) -> str | None:
    key = _key(found)
    following = found.string[found.end() : found.end() + 3].lstrip(' «"№')
    if key in _NEEDS_NUMBER and not following[:1].isdigit():
        return None
    if key in _NEEDS_NAME and not following[:1].isupper():
        return None
    noun = NOUNS[key]
    case = noun_case(cases_before(found.string, found.start()))
    if " " in noun:
        return _capital(noun, found)
    return _capital(inflect(noun, case, False), found)


def noun_case(allowed: tuple[Case, ...]) -> Case:
    """The case of a place's noun: "на улице", "по улице", "до улицы"."""
    if not allowed:
        return "nomn"
    return next((case for case in ("datv", "loct") if case in allowed), allowed[0])  # type: ignore[return-value]


def _say_acronym(found: re.Match[str]) -> str | None:
    word = unstressed(found.group())
    if word in _ACRONYMS:
        return _ACRONYMS[word]
    if set(word) & _VOWELS or len(word) > 5:
        return None
    return " ".join(RUSSIAN_LETTERS[letter] for letter in word.lower())


__all__ = ["NOUNS", "noun_case", "noun_for", "rules"]
