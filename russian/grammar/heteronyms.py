"""Words that are spelled alike and stressed apart, where the words around decide; and ё for е.

Marks only what the context settles; the accent model in stress.py has the rest. Knows nothing of
numbers: it reads text in which they are words already.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from russian.grammar.morphology import same_but_for_yo
from russian.grammar.spans import RewrittenText, substitute

_REACH = 48  # characters looked at on either side, whole words only


@dataclass(frozen=True, slots=True)
class Reading:
    """One stress of a word; `before` and `after` are what shows it, "" where that side is free."""

    marked: str
    before: str = ""
    after: str = ""


_GENITIVE = r"\b(?:до|от|из|у|около|возле|против|для|без|после|вокруг|внутри|напротив|кроме) "
_MEASURED = (
    r" (?:\w+ )?(?:ноль|од[иен]|дв|тр|четыр|пят|шест|сем|восем|дев|десят|одинн|"
    r"сорок|сто|ты?ся|милли|полтор|рубл|дорог|дешев|дёшев|больш|меньш|сколько|"
    r"столько|недорог|около|от |порядка|ли\b|того|услуг|тариф|достав|подключ|билет|"
    r"приём)"
)
_STANDING = (
    r" (?:в|во|на|у|около|под|за|рядом|перед|возле|между|посреди|здесь|тут|там|прямо|криво) ?"
)
_TABLE: dict[str, tuple[Reading, ...]] = {
    "замок": (
        Reading(
            "з+амок",
            r"\b(?:старинн|рыцар|средневек|корол|княж|экскурс|крепост|древн|готическ|"
            r"выборгск|михайловск|посети|турист)",
        ),
        Reading("з+амок", "", r".{0,30}(?:век|корол|рыцар|башн|экскурс|граф|музе)"),
        Reading(
            "зам+ок",
            r"\b(?:ключ|двер|навесн|висяч|висит|врезн|электронн|кодов|сейф|сломал|почини|"
            r"замени|меня|откры|закры|постав|повес|установ|заклини|вскры|умн|почтов|амбарн)",
        ),
        Reading(
            "зам+ок",
            "",
            r".{0,30}(?:двер|ключ|сломал|заклин|не откры|ворот|сейф|подъезд|заел|закры)",
        ),
    ),
    "замка": (
        Reading(
            "з+амка", r"\b(?:старинн|рыцар|средневек|корол|экскурс|крепост|древн|башн|стен|музе)"
        ),
        Reading(
            "замк+а",
            r"\b(?:ключ|двер|навесн|врезн|электронн|кодов|сейф|почин|замен|вскрыт|установк|"
            r"от |умн)",
        ),
    ),
    "дома": (
        Reading("дом+а", r"\b\w+(?:ые|ие) (?:\w+ые )?$"),
        Reading("дом+а", r"\b(?:все|эти|те|наши|ваши|их) $"),
        Reading(
            "дом+а",
            "",
            r" (?:\w+ ){0,2}(?:стоят|строят|построен|подключен|остал|отключен|сда|был[и]|"
            r"снес|снос)\w*",
        ),
        Reading("д+ома", r"\b(?:два|три|четыре|полтора|оба) (?:\w+ых )?$"),
        Reading("д+ома", _GENITIVE + r"(?:\w+ого )?$"),
        Reading(
            "д+ома",
            r"\b(?:номер|адрес|жильц\w*|жител\w*|крыш\w|подъезд\w?|подвал\w?|двор\w?|угл\w|"
            r"собственник\w?|стен\w|этаж\w*|нет|этого|нашего|вашего|своего|моего|его|"
            r"всего) $",
        ),
        Reading(
            "д+ома",
            r"\b(?:я|мы|он|она|они|ты|вы|никого|все|кто-то|был|была|были|буду|будет|будем|"
            r"будете|сижу|сидим|остал\w+|работа\w+|интернет\w*|ждите|жду) (?:не )?(?:\w+ )?$",
        ),
    ),
    "стоит": (
        Reading("ст+оит", "", _MEASURED),
        Reading(
            "ст+оит",
            r"\b(?:сколько|почём|не|дорого|дёшево|дешево|недорого|столько|что) (?:это |он |"
            r"она |оно |у вас |сейчас )?$",
        ),
        Reading("сто+ит", "", _STANDING),
        Reading("сто+ит", r"\b(?:в|на|у|под|за|возле|рядом с?|перед|около) (?:\w+ ){1,2}$"),
    ),
    "плачу": (
        Reading(
            "плач+у",
            "",
            r" (?:\w+ )?(?:за|по|вам|картой|наличн|деньг|рубл|вовремя|кажд|столько|сколько|"
            r"онлайн|тысяч|сто|двест|трист)",
        ),
        Reading(
            "плач+у",
            r"\b(?:рубл\w+|деньги|картой|исправно|регулярно|сколько|месяц|вовремя|за что|"
            r"всегда) (?:я )?$",
        ),
    ),
    "счета": (
        Reading(
            "счёта",
            r"\b(?:\w+ого|\w+его|два|три|четыре|номер|остаток|выписк\w|баланс|пополнени\w|"
            r"реквизиты|состояни\w) (?:\w+ого )?$",
        ),
        Reading("счет+а", r"\b(?:\w+ые|\w+ие|все|мои|ваши|наши|эти|их) (?:\w+ые )?$"),
    ),
    "атлас": (
        Reading("+атлас", r"\b(?:карт|дорожн|автомоб|географ|анатом|мир|школьн)\w* $"),
        Reading("+атлас", "", r" (?:мира|дорог|автодорог|анатоми|карт|звёзд)"),
        Reading("атл+ас", r"\b(?:ткан|шёлк|метр|плать|белый|красн|синий|стрейч)\w*"),
    ),
    "мука": (
        Reading(
            "мук+а",
            r"\b(?:пшеничн|ржан|кукурузн|рисов|белая|цельнозернов|нужна|миндальн|тесто|хлеб|"
            r"килограмм|пачк)\w*",
        ),
        Reading(
            "мук+а",
            "",
            r",? (?:пшеничн|ржан|высш|первого сорта|и сахар|соль|сахар|яйц|масло|подорожал)",
        ),
    ),
    "муки": (
        Reading(
            "мук+и",
            r"\b(?:\w*грамм\w*|\w*литр\w*|стакан\w*|ложк\w*|пакет\w*|пачк\w*|мешк\w*|мешок|"
            r"кило\w*|пшеничн\w+|ржан\w+|тонн\w*|из|без) $",
        ),
        Reading("м+уки", r"\b(?:адские|душевные|вечные|сплошные|все|эти) $"),
    ),
    "орган": (
        Reading("орг+ан", r"\b(?:игра|звуч|музык|концерт|слуша|церковн)\w*"),
        Reading("орг+ан", "", r" (?:звуч|играл|в костёл|в филармон)"),
        Reading(
            "+орган",
            "",
            r" (?:власт|управлен|опеки|зрен|слух|чувст|надзор|контрол|исполн|самоуправ)",
        ),
    ),
    "хлопок": (
        Reading("хл+опок", r"\b(?:ткан|состав|сто процентов|натуральн|стирать|египетск|чист)\w* $"),
        Reading("хлоп+ок", r"\b(?:громк|раздал|услыш|слыш|был|произош|газа)\w*"),
        Reading("хлоп+ок", "", r" (?:газ|раздал|был слышен|двер)"),
    ),
    "кружки": (
        Reading("кружк+и", r"\b(?:детск|школьн|бесплатн|спортивн|все|творческ|запис)\w* (?:в )?$"),
        Reading(
            "кр+ужки",
            r"\b(?:дв[аеух]+|три|четыре|чай\w*|кофе|керамич|стекл|разбил|нет|подарочн)\w* $",
        ),
        Reading("кр+ужки", "", r" (?:чая|кофе|пива|воды|молока|разбил|с логотип)"),
    ),
    "стрелки": (
        Reading(
            "стр+елки", r"\b(?:час|кноп|нажм|спидометр|перев|показан|по |минутн|жел)\w*(?: \w+)? ?$"
        ),
        Reading("стр+елки", "", r" (?:часов|компас|вверх|вниз|влево|вправо|прибор)"),
    ),
    "пропасть": (
        Reading("проп+асть", r"\b(?:мож|мог|долж|чтобы не|не дай|да)\w* $"),
        Reading("пр+опасть", r"\b(?:в|глубок\w+|бездонн\w+|над|эта|целая) $"),
    ),
    "белки": (
        Reading("белк+и", r"\b(?:жиры|углеводы|взбит|яичн|взбейте)\w*,?(?: и)? ?$"),
        Reading("белк+и", "", r",? (?:и )?(?:жиры|углеводы|яиц|отделите|взбейте)"),
        Reading("б+елки", "", r" (?:грызут|скачут|прыга|в парке|в лесу|бега)"),
    ),
    "уже": (
        Reading(
            "+уже",
            r"\b(?:намного|гораздо|чуть|немного|значительно|ещё|сантиметр\w*|стал[аои]?|"
            r"проход) $",
            r",? чем\b",
        ),
    ),
    "дорогой": (
        Reading("дорог+ой", r"\b(?:слишком|очень|самый|такой|более|сам\w+|не) $"),
        Reading(
            "дорог+ой",
            "",
            r" (?:тариф|клиент|товар|подар|интернет|телефон|ремонт|абонент|друг|мой)",
        ),
        Reading("дор+огой", r"\b(?:шёл|ехал\w?|железной|новой|перед|за|над|этой|длинной) $"),
    ),
    "село": (
        Reading("сел+о", r"\b(?:в|во|на|через|наше|это|моё|ваше|большое|за) $"),
        Reading("с+ело", r"\b(?:солнце|оно|зрение|питание) (?:\w+ )?$"),
    ),
}


@dataclass(frozen=True, slots=True)
class _Compiled:
    marked: str
    before: re.Pattern[str]
    after: re.Pattern[str]


@cache
def _readings() -> dict[str, tuple[_Compiled, ...]]:
    return {
        word: tuple(
            _Compiled(r.marked, re.compile(r.before, re.I), re.compile(r.after, re.I)) for r in rows
        )
        for word, rows in _TABLE.items()
    }


@cache
def _place() -> re.Pattern[str]:
    words = "|".join(sorted(_TABLE, key=len, reverse=True))
    edge = "А-Яа-яЁё+\u0301"
    return re.compile(rf"(?<![{edge}-])(?:{words})(?![{edge}-])", re.IGNORECASE)


def mark(text: str) -> RewrittenText:
    """`+` in heteronyms that their neighbours decide: "ключ от замк+а", "ст+оит сто рублей"."""
    return substitute(_place(), _marked, text)


def _marked(found: re.Match[str]) -> str:
    text, word = found.string, found.group()
    before = re.split(r"[.!?]", text[max(0, found.start() - _REACH) : found.start()])[-1]
    after = re.split(r"[.!?]", text[found.end() : found.end() + _REACH])[0]
    for reading in _readings()[word.lower()]:
        if reading.before.search(before) and reading.after.match(after):
            return _as_capital(reading.marked, word)
    return word


def _as_capital(said: str, word: str) -> str:
    if not word[0].isupper():
        return said
    first = 1 if said[0] == "+" else 0
    return said[:first] + said[first].upper() + said[first + 1 :]


_WITH_E = re.compile(r"(?<![А-Яа-яЁё+\u0301])[А-Яа-я]*[еЕ][А-Яа-я]*(?![А-Яа-яЁё+\u0301])")


def restore_yo(text: str) -> RewrittenText:
    """ё in words that no dictionary word with е is like: "счет" is "счёт", "все" stays."""
    return substitute(_WITH_E, lambda found: _with_yo(found.group()), text)


@lru_cache(maxsize=50_000)
def _with_yo(word: str) -> str:
    lower = word.lower()
    like = same_but_for_yo(lower) if 2 < len(lower) < 40 else ()
    if len(like) != 1 or like[0] == lower:
        return word
    return "".join(
        ("Ё" if old.isupper() else "ё") if new == "ё" else old
        for old, new in zip(word, like[0], strict=True)
    )
