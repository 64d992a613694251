"""Units of measure and money: their signs, their nouns, and a number with its unit in words."""

from dataclasses import dataclass

from russian.agreement import count
from russian.morphology import Case, gender_of, inflect
from russian.numbers import said
from russian.numerals import LONGEST, cardinal, is_few, is_one


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's noun, with an adjective before it or not.

    `counted` is the short genitive plural of "десять мегабит"; `tail` follows the noun.
    """

    noun: str
    counted: str = ""
    tail: str = ""


UNITS: dict[str, Unit] = {
    "ст. л": Unit("столовая ложка"), "ч. л": Unit("чайная ложка"), "уд": Unit("удар"),
    "таб": Unit("таблетка"), "капс": Unit("капсула"), "бут": Unit("бутылка"),
    "упак": Unit("упаковка"), "пач": Unit("пачка"), "узл": Unit("узел"),
    "км/с": Unit("километр", "", "в секунду"), "об": Unit("оборот"), "дол": Unit("доллар"),
    "долл": Unit("доллар"), "евро": Unit("евро"), "%": Unit("процент"), "‰": Unit("промилле"),
    "₽": Unit("рубль"), "руб": Unit("рубль"), "р": Unit("рубль"), "RUB": Unit("рубль"),
    "$": Unit("доллар"), "USD": Unit("доллар"), "€": Unit("евро"), "EUR": Unit("евро"),
    "£": Unit("фунт"), "коп": Unit("копейка"), "тыс": Unit("тысяча"), "млн": Unit("миллион"),
    "млрд": Unit("миллиард"), "трлн": Unit("триллион"), "бит": Unit("бит", "бит"),
    "Кбит": Unit("килобит", "килобит"), "кбит": Unit("килобит", "килобит"),
    "Мбит": Unit("мегабит", "мегабит"), "мбит": Unit("мегабит", "мегабит"),
    "Гбит": Unit("гигабит", "гигабит"), "гбит": Unit("гигабит", "гигабит"),
    "Mbit": Unit("мегабит", "мегабит"), "Mbps": Unit("мегабит", "мегабит", "в секунду"),
    "КБ": Unit("килобайт", "килобайт"), "Gbps": Unit("гигабит", "гигабит", "в секунду"),
    "МБ": Unit("мегабайт", "мегабайт"), "ГБ": Unit("гигабайт", "гигабайт"),
    "ТБ": Unit("терабайт", "терабайт"), "Кб": Unit("килобайт", "килобайт"),
    "Мб": Unit("мегабайт", "мегабайт"), "Гб": Unit("гигабайт", "гигабайт"),
    "Тб": Unit("терабайт", "терабайт"), "KB": Unit("килобайт", "килобайт"),
    "MB": Unit("мегабайт", "мегабайт"), "GB": Unit("гигабайт", "гигабайт"),
    "TB": Unit("терабайт", "терабайт"), "км": Unit("километр"), "м": Unit("метр"),
    "см": Unit("сантиметр"), "мм": Unit("миллиметр"), "дм": Unit("дециметр"), "га": Unit("гектар"),
    "км²": Unit("квадратный километр"), "м²": Unit("квадратный метр"),
    "м2": Unit("квадратный метр"), "кв. м": Unit("квадратный метр"),
    "см²": Unit("квадратный сантиметр"), "м³": Unit("кубический метр"),
    "м3": Unit("кубический метр"), "куб. м": Unit("кубический метр"), "кг": Unit("килограмм"),
    "г": Unit("грамм"), "гр": Unit("грамм"), "мг": Unit("миллиграмм"), "т": Unit("тонна"),
    "ц": Unit("центнер"), "л": Unit("литр"), "мл": Unit("миллилитр"),
    "°C": Unit("градус", "", "Цельсия"), "°С": Unit("градус", "", "Цельсия"),
    "°F": Unit("градус", "", "Фаренгейта"), "°": Unit("градус"), "ч": Unit("час"),
    "час": Unit("час"), "мин": Unit("минута"), "с": Unit("секунда"), "сек": Unit("секунда"),
    "мс": Unit("миллисекунда"), "ms": Unit("миллисекунда"), "нед": Unit("неделя"),
    "мес": Unit("месяц"), "дн": Unit("день"), "Вт": Unit("ватт", "ватт"),
    "кВт": Unit("киловатт", "киловатт"), "кВт.ч": Unit("киловатт-час"),
    "кВтч": Unit("киловатт-час"), "кВт-ч": Unit("киловатт-час"),
    "мм рт. ст": Unit("миллиметр", "", "ртутного столба"), "¥": Unit("юань"), "₸": Unit("тенге"),
    "₴": Unit("гривна"), "₤": Unit("фунт"), "₹": Unit("рупия"), "мкг": Unit("микрограмм"),
    "мкм": Unit("микрометр"), "нм": Unit("нанометр"), "кПа": Unit("килопаскаль"),
    "Па": Unit("паскаль"), "МПа": Unit("мегапаскаль"), "атм": Unit("атмосфера"),
    "ккал": Unit("килокалория"), "кал": Unit("калория"), "Дж": Unit("джоуль"),
    "кДж": Unit("килоджоуль"), "МВт": Unit("мегаватт", "мегаватт"),
    "мВт": Unit("милливатт", "милливатт"), "ГВт": Unit("гигаватт", "гигаватт"),
    "кВ": Unit("киловольт", "киловольт"), "мВ": Unit("милливольт", "милливольт"),
    "Ом": Unit("ом", "ом"), "кОм": Unit("килоом", "килоом"), "Н": Unit("ньютон"),
    "мм²": Unit("квадратный миллиметр"), "дм³": Unit("кубический дециметр"),
    "см³": Unit("кубический сантиметр"), "км2": Unit("квадратный километр"),
    "см2": Unit("квадратный сантиметр"), "см3": Unit("кубический сантиметр"),
    "куб. см": Unit("кубический сантиметр"), "кв. км": Unit("квадратный километр"),
    "кв. см": Unit("квадратный сантиметр"), "дюйм": Unit("дюйм"), "Мпикс": Unit("мегапиксель"),
    "Мп": Unit("мегапиксель"), "В": Unit("вольт", "вольт"), "А": Unit("ампер", "ампер"),
    "мА": Unit("миллиампер", "миллиампер"), "Гц": Unit("герц", "герц"),
    "кГц": Unit("килогерц", "килогерц"), "МГц": Unit("мегагерц", "мегагерц"),
    "ГГц": Unit("гигагерц", "гигагерц"), "GHz": Unit("гигагерц", "гигагерц"),
    "MHz": Unit("мегагерц", "мегагерц"), "дБ": Unit("децибел", "децибел"), "шт": Unit("штука"),
    "чел": Unit("человек", "человек"), "экз": Unit("экземпляр"), "уп": Unit("упаковка"),
    "ед": Unit("единица"), "л. с": Unit("лошадиная сила"),
}  # fmt: skip
# What stands after "/": "в секунду", "за штуку".
PER = {
    "с": "в секунду", "сек": "в секунду", "мин": "в минуту", "ч": "в час", "час": "в час",
    "сут": "в сутки", "день": "в день", "дн": "в день", "нед": "в неделю", "мес": "в месяц",
    "месяц": "в месяц", "год": "в год", "шт": "за штуку", "чел": "на человека",
    "кг": "за килограмм", "м": "за метр", "л": "за литр", "кВт.ч": "за киловатт-час",
    "м³": "за кубический метр", "г": "в год", "сотку": "за сотку", "сотка": "за сотку",
    "т": "за тонну", "м²": "за квадратный метр", "s": "в секунду",
}  # fmt: skip
_SCALE_NOUNS = frozenset(("тысяча", "миллион", "миллиард", "триллион"))
SCALES = ("тыс", "млн", "млрд", "трлн")
# A currency's sign and the name of its hundredth part.
CENTS = {
    "₽": "копейка", "руб": "копейка", "р": "копейка", "RUB": "копейка", "$": "цент", "USD": "цент",
    "€": "цент", "EUR": "цент", "£": "пенс", "¥": "фэнь", "₴": "копейка", "₸": "тиын",
    "₹": "пайса", "₤": "пенс",
}  # fmt: skip
_SINGULAR: dict[Case, tuple[str, str]] = {
    "nomn": ("ый", "ая"), "accs": ("ый", "ую"), "gent": ("ого", "ой"), "datv": ("ому", "ой"),
    "ablt": ("ым", "ой"), "loct": ("ом", "ой"),
}  # fmt: skip
_PLURAL: dict[Case, str] = {
    "nomn": "ых", "accs": "ых", "gent": "ых", "datv": "ым", "ablt": "ыми", "loct": "ых",
}  # fmt: skip


def measure(number: str, unit: Unit, case: Case) -> str:
    """A written number with its unit in words; after a decimal the unit is genitive singular."""
    whole, _, fraction = number.replace(" ", "").replace(",", ".").partition(".")
    adjective, _, noun = unit.noun.rpartition(" ")
    tail = f" {unit.tail}" if unit.tail else ""
    if not fraction.strip("0") and len(whole) <= LONGEST:
        words, _, counted = count(int(whole), noun, case, unit.counted).rpartition(" ")
        plural = not is_one(int(whole))
        if adjective.endswith("ая") and is_few(int(whole)) and case in ("nomn", "accs"):
            return f"{words} {adjective[:-2]}ые {counted}{tail}"  # "две столовые ложки"
        return f"{words} {_adjective(adjective, case, plural)}{counted}{tail}"
    one = f"{_adjective(adjective, 'gent', False)}{inflect(noun, 'gent', False)}{tail}"
    if (whole, fraction) == ("1", "5") and case in ("nomn", "accs"):
        return ("полторы " if gender_of(noun) == "femn" else "полтора ") + one
    if fraction == "5" and whole != "0" and noun in _SCALE_NOUNS and case in ("nomn", "accs"):
        return f"{cardinal(int(whole), case, gender_of(noun))} с половиной {one}"
    return f"{said(number, case)} {one}"


def _adjective(dictionary_form: str, case: Case, plural: bool) -> str:
    """ "квадратный " before a counted noun: "квадратных ", "квадратному "."""
    if not dictionary_form:
        return ""
    stem = dictionary_form[:-2]
    ending = _PLURAL[case] if plural else _SINGULAR[case][dictionary_form.endswith("ая")]
    if ending[0] == "ы" and stem[-1] in "кгхжшщч":
        ending = "и" + ending[1:]
    return f"{stem}{ending} "
