"""Money, percent and units of measure, from signs to words that agree with the number."""

import re
from dataclasses import dataclass

from russian.agreement import cases_before, count, noun_for, word_before
from russian.morphology import Case, inflect
from russian.numbers import DASH, INTEGER, NUMBER, said, value
from russian.numerals import LONGEST
from russian.rules import Rule


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's noun, a short genitive plural where people use one, and what follows it."""

    noun: str
    counted: str = ""
    tail: str = ""


UNITS: dict[str, Unit] = {
    "%": Unit("процент"), "‰": Unit("промилле"), "₽": Unit("рубль"), "руб": Unit("рубль"),
    "р": Unit("рубль"), "RUB": Unit("рубль"), "$": Unit("доллар"), "USD": Unit("доллар"),
    "€": Unit("евро"), "EUR": Unit("евро"), "£": Unit("фунт"), "коп": Unit("копейка"),
    "тыс": Unit("тысяча"), "млн": Unit("миллион"), "млрд": Unit("миллиард"), "трлн": Unit("триллион"),
    "бит": Unit("бит", "бит"), "Кбит": Unit("килобит", "килобит"), "кбит": Unit("килобит", "килобит"),
    "Мбит": Unit("мегабит", "мегабит"), "мбит": Unit("мегабит", "мегабит"),
    "Гбит": Unit("гигабит", "гигабит"), "гбит": Unit("гигабит", "гигабит"),
    "Mbit": Unit("мегабит", "мегабит"), "Mbps": Unit("мегабит", "мегабит", "в секунду"),
    "Gbps": Unit("гигабит", "гигабит", "в секунду"),
    "КБ": Unit("килобайт", "килобайт"), "МБ": Unit("мегабайт", "мегабайт"),
    "ГБ": Unit("гигабайт", "гигабайт"), "ТБ": Unit("терабайт", "терабайт"),
    "Кб": Unit("килобайт", "килобайт"), "Мб": Unit("мегабайт", "мегабайт"),
    "Гб": Unit("гигабайт", "гигабайт"), "Тб": Unit("терабайт", "терабайт"),
    "KB": Unit("килобайт", "килобайт"), "MB": Unit("мегабайт", "мегабайт"),
    "GB": Unit("гигабайт", "гигабайт"), "TB": Unit("терабайт", "терабайт"),
    "км": Unit("километр"), "м": Unit("метр"), "см": Unit("сантиметр"), "мм": Unit("миллиметр"),
    "дм": Unit("дециметр"), "га": Unit("гектар"),
    "м²": Unit("квадратный метр"), "м2": Unit("квадратный метр"), "кв. м": Unit("квадратный метр"),
    "см²": Unit("квадратный сантиметр"), "км²": Unit("квадратный километр"),
    "м³": Unit("кубический метр"), "м3": Unit("кубический метр"), "куб. м": Unit("кубический метр"),
    "кг": Unit("килограмм"), "г": Unit("грамм"), "гр": Unit("грамм"), "мг": Unit("миллиграмм"),
    "т": Unit("тонна"), "ц": Unit("центнер"), "л": Unit("литр"), "мл": Unit("миллилитр"),
    "°C": Unit("градус", "", "Цельсия"), "°С": Unit("градус", "", "Цельсия"),
    "°F": Unit("градус", "", "Фаренгейта"), "°": Unit("градус"),
    "ч": Unit("час"), "час": Unit("час"), "мин": Unit("минута"), "с": Unit("секунда"),
    "сек": Unit("секунда"), "мс": Unit("миллисекунда"), "ms": Unit("миллисекунда"),
    "нед": Unit("неделя"), "мес": Unit("месяц"), "дн": Unit("день"), "сут": Unit("сутки"),
    "Вт": Unit("ватт", "ватт"), "кВт": Unit("киловатт", "киловатт"), "кВт·ч": Unit("киловатт-час"),
    "В": Unit("вольт", "вольт"), "А": Unit("ампер", "ампер"), "мА": Unit("миллиампер", "миллиампер"),
    "Гц": Unit("герц", "герц"), "кГц": Unit("килогерц", "килогерц"), "МГц": Unit("мегагерц", "мегагерц"),
    "ГГц": Unit("гигагерц", "гигагерц"), "GHz": Unit("гигагерц", "гигагерц"),
    "MHz": Unit("мегагерц", "мегагерц"), "дБ": Unit("децибел", "децибел"),
    "дБм": Unit("децибел-милливатт"), "шт": Unit("штука"), "чел": Unit("человек", "человек"),
    "экз": Unit("экземпляр"), "уп": Unit("упаковка"), "ед": Unit("единица"), "л.с": Unit("лошадиная сила"),
    "л. с": Unit("лошадиная сила"), "тыс. шт": Unit("тысяча", "", "штук"),
}  # fmt: skip
# What stands after "/": "в секунду", "за штуку".
_PER = {
    "с": "в секунду", "сек": "в секунду", "мин": "в минуту", "ч": "в час", "час": "в час",
    "сут": "в сутки", "день": "в день", "дн": "в день", "нед": "в неделю", "мес": "в месяц",
    "месяц": "в месяц", "год": "в год", "г": "в год", "шт": "за штуку", "чел": "на человека",
    "кг": "за килограмм", "м": "за метр", "м²": "за квадратный метр", "s": "в секунду",
}  # fmt: skip
_SCALES = {"тыс", "млн", "млрд", "трлн"}
_MONEY = {"₽", "руб", "р", "RUB", "$", "USD", "€", "EUR", "£"}
_CENTS = {"₽": "копейка", "руб": "копейка", "р": "копейка", "RUB": "копейка", "$": "цент",
          "USD": "цент", "€": "цент", "EUR": "цент", "£": "пенс"}  # fmt: skip
# A lone letter is a unit only right after a number and before no full stop of an abbreviation.
_KEYS = "|".join(
    re.escape(key).replace(r"\ ", " ?") for key in sorted(UNITS, key=len, reverse=True)
)
_TAIL = rf"(?:(?:/|(?= в ))(?:({'|'.join(sorted(map(re.escape, _PER), key=len, reverse=True))})(?![А-Яа-яёA-Za-z])\.?)?)?"
_UNIT_EDGE = r"(?![А-Яа-яЁёA-Za-z0-9²³])"
_MONEY_KEYS = "|".join(re.escape(key) for key in sorted(_MONEY, key=len, reverse=True))
_SCALE_KEYS = "|".join(sorted(_SCALES, key=len, reverse=True))


def rules() -> list[Rule]:
    """Money before units; a sign before the number ("$5") last."""
    edge = _UNIT_EDGE
    return [
        Rule("0", re.compile(rf"({NUMBER}) ?({_SCALE_KEYS})\.? ?({_MONEY_KEYS}){edge}\.?{_TAIL}"), _scaled),
        Rule("0", re.compile(rf"({INTEGER})[.,](\d\d) ?({_MONEY_KEYS}){edge}\.?{_TAIL}"), _with_cents),
        Rule("0", re.compile(
            rf"({NUMBER}) ?(?:%|°)?{DASH}({NUMBER}) ?({_KEYS}){edge}\.?{_TAIL}"), _range),
        Rule("0", re.compile(rf"({NUMBER}) ?({_KEYS}){edge}\.?{_TAIL}"), _unit),
        Rule("0", re.compile(rf"({NUMBER})-({_KEYS}){edge}"), _unit),
        Rule("#", re.compile(rf"([$€£₽]) ?({NUMBER})(?: ?({_SCALE_KEYS})\.?)?"), _sign_first),
        Rule("0", re.compile(rf"({NUMBER})(?= [а-яё]{{3,}})"), _decimal_of_noun),
    ]  # fmt: skip


def measure(number: str, unit: Unit, case: Case) -> str:
    """A written number with its unit; a decimal takes the genitive singular."""
    whole, _, fraction = number.replace(" ", "").replace(",", ".").partition(".")
    head, _, noun = unit.noun.rpartition(" ")
    if fraction.strip("0") == "" and len(whole) <= LONGEST:
        spoken = count(int(whole), noun, case, unit.counted)
        return _with_adjective(spoken, int(whole), head, case) + _after(unit)
    if (whole, fraction) == ("1", "5") and case in ("nomn", "accs"):
        half = "полторы" if _feminine(noun) else "полтора"
        return f"{half} {_adjective(head, 'gent')}{inflect(noun, 'gent', False)}" + _after(unit)
    return (
        f"{said(number, case)} {_adjective(head, 'gent')}{inflect(noun, 'gent', False)}"
        + _after(unit)
    )


def _feminine(noun: str) -> bool:
    return noun[-1] in "ая"


def _after(unit: Unit) -> str:
    return f" {unit.tail}" if unit.tail else ""


def _adjective(head: str, case: Case, plural: bool = False) -> str:
    """ "квадратный" before a counted noun."""
    if not head:
        return ""
    stem, feminine = head[:-2], head.endswith("ая")
    singular = {"nomn": "ая" if feminine else "ый", "accs": "ую" if feminine else "ый",
                "gent": "ой" if feminine else "ого", "datv": "ой" if feminine else "ому",
                "ablt": "ой" if feminine else "ым", "loct": "ой" if feminine else "ом"}  # fmt: skip
    many = {"nomn": "ых", "accs": "ых", "gent": "ых", "datv": "ым", "ablt": "ыми", "loct": "ых"}
    ending = (many if plural else singular)[case]
    stem, ending = _spelling(stem, ending)
    return f"{stem}{ending} "


def _spelling(stem: str, ending: str) -> tuple[str, str]:
    return stem, "и" + ending[1:] if ending[0] == "ы" and stem[-1] in "кгхжшщч" else ending


def _with_adjective(spoken: str, number: int, head: str, case: Case) -> str:
    if not head:
        return spoken
    words, _, noun = spoken.rpartition(" ")
    plural = not (number % 10 == 1 and number % 100 != 11)
    return f"{words} {_adjective(head, case, plural)}{noun}"


def _case(found: re.Match[str]) -> Case:
    allowed = cases_before(found.string, found.start())
    return allowed[0] if allowed else "nomn"


def _per(found: re.Match[str]) -> str:
    per = found.groups()[-1]
    return f" {_PER[per]}" if per else ""


def _stop(found: re.Match[str]) -> str:
    """The abbreviation's full stop, where it also ends the sentence."""
    if not found.group().endswith("."):
        return ""
    rest = found.string[found.end() : found.end() + 4].lstrip(' »")')
    return "." if not rest or rest[0].isupper() else ""


def _scaled(found: re.Match[str]) -> str:
    """ "5 тыс. руб.", "1,5 млн ₽"."""
    number, scale, money = found.group(1, 2, 3)
    spoken = measure(number, UNITS[scale], _case(found))
    return f"{spoken} {inflect(UNITS[money].noun, 'gent', True)}{_per(found)}{_stop(found)}"


def _with_cents(found: re.Match[str]) -> str:
    roubles, cents, money = found.group(1, 2, 3)
    case = _case(found)
    spoken = measure(roubles, UNITS[money], case)
    if int(cents):
        spoken += " " + count(int(cents), _CENTS[money], case)
    return spoken + _per(found) + _stop(found)


def _range(found: re.Match[str]) -> str | None:
    low, high, key = found.group(1, 2, 3)
    if _not_a_unit(found, key):
        return None
    case = _case(found)
    if word_before(found.string, found.start()) == "от":
        case = "gent"
    gender = "femn" if _feminine(UNITS[key].noun) else "masc"
    return (
        f"{said(low, case, gender)} — {measure(high, UNITS[key], case)}{_per(found)}{_stop(found)}"
    )


def _unit(found: re.Match[str]) -> str | None:
    number, key = found.group(1, 2)
    if _not_a_unit(found, key):
        return None
    per = found.lastindex == 3
    return measure(number, UNITS[key], _case(found)) + (_per(found) if per else "") + _stop(found)


def _not_a_unit(found: re.Match[str], key: str) -> bool:
    """ "в 5 с Петром" and "дом 5 В" are no seconds and volts."""
    following = found.string[found.end() : found.end() + 2]
    if key == "с":
        return not found.group().endswith(".") and following[:1] == " " and following[1:].isalpha()
    if key in ("В", "А"):
        return found.string[found.start(2) - 1] != " " if found.re.groups == 3 else True
    return False


def _sign_first(found: re.Match[str]) -> str:
    sign, number, scale = found.groups()
    if scale:
        spoken = measure(number, UNITS[scale], _case(found))
        return f"{spoken} {inflect(UNITS[sign].noun, 'gent', True)}"
    whole, _, cents = number.replace(",", ".").partition(".")
    if len(cents) == 2 and int(cents):
        return (
            f"{measure(whole, UNITS[sign], _case(found))} {count(int(cents), _CENTS[sign], 'nomn')}"
        )
    return measure(number, UNITS[sign], _case(found))


def _decimal_of_noun(found: re.Match[str]) -> str | None:
    """ "1,5 часа" is "полтора часа"; other numbers are not for this rule."""
    if found.group(1).replace(".", ",") != "1,5" or cases_before(found.string, found.start()) == (
        "gent",
    ):
        return None
    following = re.match(r" ([а-яё]+)", found.string[found.end() : found.end() + 30])
    return (
        ("полторы" if following and following.group(1)[-1] in "ыи" else "полтора")
        if following
        else None
    )


__all__ = ["UNITS", "Unit", "measure", "noun_for", "rules", "value"]
