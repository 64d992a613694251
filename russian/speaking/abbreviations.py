"""Written abbreviations and acronyms of Russian, and what they stand for."""

import re
from functools import lru_cache

from russian.grammar.agreement import cases_before
from russian.grammar.lexicon import acronyms
from russian.grammar.morphology import Case, forms, inflect, inflect_adjective, is_known, is_name
from russian.grammar.rules import Rule
from russian.grammar.tables import listed
from russian.speaking.latin import spell_russian

# Said as they stand, whatever is around.
_FIXED = {
    "т. е.": "то есть", "т. к.": "так как", "т. д.": "так далее", "т. п.": "тому подобное",
    "т. н.": "так называемый", "т. о.": "таким образом", "т. ч.": "том числе", "др.": "другие",
    "н. э.": "нашей эры", "см.": "смотри", "напр.": "например", "вкл.": "включительно",
    "искл.": "исключая", "ок.": "около", "св.": "свыше", "прим.": "примечание", "проч.": "прочее",
    "ч/б": "чёрно-белый", "б/у": "бэ-у", "г-н": "господин", "г-жа": "госпожа",
    "г-жи": "госпожи", "г-же": "госпоже", "г-жу": "госпожу", "г-жой": "госпожой", "и/или": "и или",
    "спб": "Санкт-Петербург",
    "мин.": "минут", "сек.": "секунд", "макс.": "максимум", "тыс.": "тысяч", "млн": "миллионов",
    "млрд": "миллиардов", "руб.": "рублей", "коп.": "копеек", "проф.": "профессор",
    "акад.": "академик", "им.": "имени", "зам.": "заместитель", "доп.": "дополнительный",
    "раб.": "рабочих", "мес.": "месяц", "нед.": "неделю", "вых.": "выходной",
    "с. г.": "сего года", "ст. м.": "станция метро",
    "чел.": "человек", "с. ш.": "северной широты",
    "ю. ш.": "южной широты", "в. д.": "восточной долготы", "з. д.": "западной долготы",
    "т. г.": "текущего года", "ж/д": "железнодорожный", "а/я": "абонентский ящик",
    "в/ч": "войсковая часть", "х/б": "хэ бэ", "с/х": "сельскохозяйственный", "кол-во": "количество",
    "к. т. н.": "кандидат технических наук", "д. м. н.": "доктор медицинских наук",
    "к. м. н.": "кандидат медицинских наук", "к. э. н.": "кандидат экономических наук",
    "доц.": "доцент", "выкл.": "выключено", "зав.": "заведующий", "тов.": "товарищ",
    "ред.": "редакция", "англ.": "английский", "рус.": "русский", "лат.": "латинский",
    "эл. почта": "электронная почта", "ф-т": "факультет", "о-во": "общество", "дир.": "директор",
}  # fmt: skip
# Nouns, put into the case that the word before asks for.
_NOUNS = {
    "ул.": "улица", "ул": "улица", "пр.": "проспект", "пр-т": "проспект",
    "пр-кт": "проспект", "просп.": "проспект",
    "гр.": "гражданин", "гр-н": "гражданин", "гр-ка": "гражданка",
    "пер.": "переулок", "пл.": "площадь", "наб.": "набережная", "ш.": "шоссе", "бул.": "бульвар",
    "о-в": "остров", "п-ов": "полуостров", "оз.": "озеро", "р.": "река", "х.": "хутор",
    "ст-ца": "станица", "ост.": "остановка", "вл.": "владение", "кв-ра": "квартира",
    "б-р": "бульвар", "р-н": "район", "обл.": "область", "пос.": "посёлок", "дер.": "деревня",
    "мкр.": "микрорайон", "мкрн.": "микрорайон", "д.": "дом", "корп.": "корпус", "к.": "корпус",
    "кв.": "квартира", "кв": "квартира", "оф.": "офис", "каб.": "кабинет", "эт.": "этаж",
    "под.": "подъезд", "тел.": "телефон", "моб.": "мобильный", "доб.": "добавочный", "г.": "город",
    "с.": "село", "м.": "метро", "п.": "пункт", "абз.": "абзац", "пп.": "подпункт",
    "ст.": "статья", "ч.": "часть",
    "стр.": "страница", "рис.": "рисунок", "табл.": "таблица", "разд.": "раздел", "гл.": "глава",
    "т.": "том", "прил.": "приложение", "стр-ца": "страница", "литер.": "литера",
    "дог.": "договор", "л/с": "лицевой счёт", "р/с": "расчётный счёт",
}  # fmt: skip
# Only before a number: "д. 12"; other letters before a full stop are other things.
_NEEDS_NUMBER = frozenset(
    listed(
        """д. к. под. п. пп. абз. ст. ч. стр. эт. каб. корп. кв гл. т. прил. рис. табл. разд. вл."""
    )
)
# Two numbers or a range after the noun: "стр. 7-9", "ст. 15, 16".
_SEVERAL = re.compile(r" ?\d+(?:\.\d+)?(?:(?: ?[-–—] ?| и )\d|, \d+(?!\d|-| [а-яё]))")
# With a name after them these are places: "д. Ромашково"; with a number, a house.
_NAMED = {"с.": "село", "п.": "посёлок", "д.": "деревня", "ст.": "станция", "м.": "метро"}
_NEEDS_NAME = frozenset(
    ("гр.", "г.", "с.", "м.", "р.", "х.", "пос.", "дер.", "ш.", "пл.", "пр.", "ул")
)
# The case is written: "пр-та", "б-ре", "р-ну".
_ENDED = re.compile(
    r"(пр-к?т|б-р|р-н|ун-т|ин-т|з-д|м-н|гр-н|г-н)(а|у|ом|е)(?![а-яё])", re.IGNORECASE
)
_ENDED_NOUNS = {
    "г-н": "господин",
    "ун-т": "университет",
    "ин-т": "институт",
    "з-д": "завод",
    "м-н": "магазин",
}
_ENDINGS: dict[str, Case] = {"а": "gent", "у": "datv", "ом": "ablt", "е": "loct"}
# These never end a sentence.
_NEVER_LAST = frozenset(
    ("т. е.", "т. к.", "т. н.", "т. о.", "т. ч.", "см.", "напр.", "им.", "проф.", "акад.")
)
_HOUSE_BEFORE = re.compile(
    r"(?:(?<![А-Яа-яё])(?:[Дд]|[Дд]ом|[Кк]|[Кк]орп|корпус)\.? ?|[А-ЯЁа-яё]\.?, )"
    r"\d+[А-Яа-яё]?(?:/\d+)?, ?$"
)
_DAY_BEFORE = re.compile(r"(?<![а-яё])(?:пн|вт|ср|чт|пт|сб)\.?(?:,| и) ?$", re.IGNORECASE)
_TITLES = {
    "гл": "главный", "ген": "генеральный", "ст": "старший", "мл": "младший",
    "отв": "ответственный",
}  # fmt: skip
# Days of the week: nominative, then the two forms of "с понедельника по пятницу".
_DAYS = {
    "пн": ("понедельник", "понедельника", "понедельник"), "вт": ("вторник", "вторника", "вторник"),
    "ср": ("среда", "среды", "среду"), "чт": ("четверг", "четверга", "четверг"),
    "пт": ("пятница", "пятницы", "пятницу"), "сб": ("суббота", "субботы", "субботу"),
    "вс": ("воскресенье", "воскресенья", "воскресенье"),
}  # fmt: skip
_INITIALS = re.compile(r"([А-ЯЁ])\. ?(?:([А-ЯЁ])\.)?(?: ?([А-ЯЁ][а-яё]{1,30})|(?![А-Яа-яЁё]))")
_NAME = re.compile(r" ?([А-ЯЁ][а-яё]+)")
_NAMED_BEFORE = re.compile(r"[А-ЯЁ][а-яё]+(?:ий|ый|ой|ая|ое|ого|ому|ом) $")
_PART_BEFORE = re.compile(r"(?<![а-яё])(?:пп?|ч|абз)\. ?[\d.]+,? $", re.IGNORECASE)
_VOWELS = frozenset("АЕЁИОУЫЭЮЯ")
_LONGEST_SPELLED = 5


def rules() -> list[Rule]:
    """Rules for abbreviations, dotted ones first."""
    day = "|".join(_DAYS)
    edge = r"(?![А-Яа-яЁё\u0301+])"
    return [
        Rule("я", re.compile(rf"({day})\.?(?: ?[-–—] ?({day}))?{edge}", re.IGNORECASE), _say_days),
        Rule("я", re.compile(rf"мск{edge}", re.IGNORECASE), _moscow_time),
        Rule("я", _INITIALS, _initials),
        Rule("я", _ENDED, _say_ended),
        Rule("я", re.compile(r"(гл|ген|ст|мл|отв)\. ?([а-яё]{4,30})", re.IGNORECASE), _title),
        Rule("я", _one_of(_FIXED), _say_fixed),
        Rule("я", _one_of(_NOUNS), _say_noun),
        Rule(
            "я", re.compile(r"([А-ЯЁ])-(?=\d)"), lambda f: spell_russian(f.group(1).lower()) + " "
        ),
        Rule("я", re.compile(r"(?:(?<=\d)[А-Яа-яЁё]|(?<=\d-)[А-ЯЁ])(?![А-Яа-яЁё])"), _letter),
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


def _moscow_time(found: re.Match[str]) -> str | None:
    """ "20:00 мск", "20:00 по МСК"; elsewhere the letters may be a name."""
    before = re.search(r"\d (по )?$", found.string[max(0, found.start() - 5) : found.start()])
    if before is None:
        return None
    return "московскому времени" if before.group(1) else "по московскому времени"


def _initials(found: re.Match[str]) -> str | None:
    """ "А. С. Пушкин", "Пушкин А. С."; "корпус Б. Вход" is no person."""
    first, second, name = found.groups()
    if not second and not (name and is_name(name)):
        return None
    letters = [spell_russian(letter.lower()).capitalize() for letter in (first, second) if letter]
    return " ".join((*letters, name or "")).rstrip() + ("" if name else full_stop(found))


def _say_days(found: re.Match[str]) -> str | None:
    """ "пн-пт" is a span; a day alone needs its full stop or two capitals' absence ("ВС")."""
    first, last = found.groups()
    if last:
        return f"с {_DAYS[first.lower()][1]} по {_DAYS[last.lower()][2]}"
    row = _DAY_BEFORE.search(found.string, max(0, found.start() - 8), found.start())
    if first.isupper() or (first in ("ср", "вс") and "." not in found.group() and not row):
        return None
    allowed = cases_before(found.string, found.start())
    form = 1 if "gent" in allowed else 2 if "accs" in allowed else 0
    return _capital(_DAYS[first.lower()][form], found) + full_stop(found)


def _title(found: re.Match[str]) -> str | None:
    """ "гл. бухгалтер", "ст. преподавателя": the adjective agrees with the post."""
    posts = [form for form in forms(found.group(2)) if form.part == "NOUN" and form.animate]
    if not posts:
        return None
    adjective = _TITLES[found.group(1).lower()]
    case, gender = posts[0].case or "nomn", posts[0].gender or "masc"
    said = inflect_adjective(adjective, case, posts[0].plural, gender)
    return f"{_capital(said, found)} {found.group(2)}"


def _say_fixed(found: re.Match[str]) -> str | None:
    key = _key(found)
    said = _FIXED.get(key)
    if said is None:
        return None
    return _capital(said, found) + ("" if key in _NEVER_LAST else full_stop(found))


def _say_ended(found: re.Match[str]) -> str:
    """ "на пр-те Мира"."""
    short, ending = found.group(1).lower(), found.group(2).lower()
    noun = _ENDED_NOUNS.get(short) or _NOUNS[short]
    return _capital(inflect(noun, _ENDINGS[ending], False), found)


def _say_noun(found: re.Match[str]) -> str | None:
    key = _key(found)
    following = found.string[found.end() : found.end() + 6].lstrip(' «"№')
    if key == "пр." and found.string[max(0, found.start() - 3) : found.start()].strip() == "и":
        return "прочее" + full_stop(found)
    named = key in _NAMED and following[:1].isupper() and found.group()[0].islower()
    if key in _NEEDS_NUMBER and not following[:1].isdigit() and not named:
        return None
    if (
        key in _NEEDS_NAME
        and not (key == "с." and following[:1].isdigit())
        and not following[:1].isupper()
        and not _NAMED_BEFORE.search(found.string[max(0, found.start() - 24) : found.start()])
    ):
        return None
    before = found.string[max(0, found.start() - 20) : found.start()]
    several = key in _NEEDS_NUMBER and bool(_SEVERAL.match(found.string, found.end()))
    noun = "пункт" if key == "пп." and several else _noun(key, before, following)
    case = _named_case(found, cases_before(found.string, found.start()), key)
    if _PART_BEFORE.search(before):
        case = "gent"  # "часть два статьи пятнадцать"
    return _capital(noun if " " in noun else inflect(noun, case, several), found)


def _noun(key: str, before: str, following: str) -> str:
    if key in _NAMED and following[:1].isupper():
        return _NAMED[key]
    if key == "стр." and _HOUSE_BEFORE.search(before):
        return "строение"
    return "страница" if key == "с." else _NOUNS[key]


def _named_case(found: re.Match[str], allowed: tuple[Case, ...], key: str) -> Case:
    """The case that the preposition allows and the name shows: "в г. Тулу", "в г. Туле"."""
    case = place_case(allowed)
    name = _NAME.match(found.string, found.end()) if key in ("г.", "гр.", "с.", "дер.") else None
    if name is None:
        return case
    shown = [form.case for form in forms(name.group(1)) if form.case and not form.plural]
    if key == "гр." and not allowed and shown:
        return shown[0]
    return case if case in shown else next((one for one in allowed if one in shown), case)


def place_case(allowed: tuple[Case, ...]) -> Case:
    """The case of a place's noun: "на улице", "по улице", "до улицы"."""
    if "datv" in allowed:
        return "datv"
    if "loct" in allowed:
        return "loct"
    return allowed[0] if allowed else "nomn"


def _letter(found: re.Match[str]) -> str:
    """ "д. 101В" is "сто один вэ"."""
    return spell_russian(found.group().lower())


def _say_acronym(found: re.Match[str]) -> str | None:
    """From the table; else letter by letter if it cannot be read as a word."""
    word = found.group(1)
    if word in acronyms():
        return acronyms()[word] + hyphen(found)
    if _readable(word):
        return None
    return spell_russian(word.lower()) + hyphen(found)


@lru_cache(maxsize=5_000)
def _readable(word: str) -> bool:
    """Whether an acronym is read as a word: "ЖЭК", "ГОСТ", but "МТС", "ОМС" and "ГИБДД" are not."""
    if not set(word) & _VOWELS:
        return len(word) > _LONGEST_SPELLED
    if len(word) > _LONGEST_SPELLED or (len(word) > 2 and is_known(word)):
        return True
    shape = "".join("V" if letter in _VOWELS else "C" for letter in word)
    return "V" in shape and "CCC" not in shape and shape not in ("VCC", "CCV", "VC", "CV")


def hyphen(found: re.Match[str]) -> str:
    """A space for the hyphen of group 2 after spelled letters: "ай пи адрес" for "IP-адрес"."""
    return " " if found.group(2) else ""
