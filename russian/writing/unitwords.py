"""Units as they are said, in every form, and the signs that they are written as."""

from functools import cache

from russian.grammar.morphology import CASES, Case, gender_of, inflect, inflect_adjective
from russian.grammar.tables import listed
from russian.grammar.units import UNITS
from russian.spelling import fold

# Units written as a sign; "час" and the like keep their word, and only the number is a figure.
SIGNS = {
    "рубль": " ₽", "процент": "%", "доллар": " $", "евро": " €", "килобит": " Кбит",
    "мегабит": " Мбит", "гигабит": " Гбит", "килобайт": " КБ", "мегабайт": " МБ",
    "гигабайт": " ГБ", "терабайт": " ТБ", "метр": " м", "километр": " км", "сантиметр": " см",
    "миллиметр": " мм", "килограмм": " кг", "киловатт": " кВт", "герц": " Гц",
    "мегагерц": " МГц", "гигагерц": " ГГц", "килогерц": " кГц", "юань": " ¥", "миллиграмм": " мг",
    "микрограмм": " мкг", "миллилитр": " мл", "вольт": " В", "ампер": " А", "миллиампер": " мА",
    "литр": " л", "гектар": " га", "тонна": " т", "грамм": " г", "миллисекунда": " мс",
    "ватт": " Вт", "мегаватт": " МВт", "киловольт": " кВ", "децибел": " дБ", "дециметр": " дм",
    "центнер": " ц", "квадратный метр": " м²", "кубический метр": " м³", "гривна": " ₴",
    "квадратный километр": " км²", "квадратный сантиметр": " см²", "кубический сантиметр": " см³",
    "киловатт час": " кВт·ч", "фунт стерлингов": " £", "промилле": "‰", "тенге": " ₸",
    "лошадиная сила": " л. с.", "килокалория": " ккал", "паскаль": " Па", "ом": " Ом",
}  # fmt: skip
_WORDS = listed(
    """час минута секунда день сутки неделя месяц год градус штука копейка цент
    миля дюйм акр баррель балл пенс"""
)


def _inflected(noun: str, case: Case, plural: bool) -> str:
    """All words of a unit that change: "квадратных метров", "фунта стерлингов"."""
    first, _, second = noun.partition(" ")
    if second == "стерлингов":
        return f"{inflect(first, case, plural)} {second}"
    if second == "час":
        counted = inflect(first, case, plural)
        short = "киловатт" if (case, plural) == ("gent", True) else counted
        return f"{short} {inflect(second, case, plural)}"
    if second:
        adjective = inflect_adjective(first, case, plural, gender_of(second))
        return f"{adjective} {inflect(second, case, plural)}"
    return inflect(noun, case, plural)


@cache
def unit_words() -> dict[str, str]:
    """Every form of every unit's noun, folded, to the noun."""
    found: dict[str, str] = {}
    for noun in (*SIGNS, *_WORDS):
        for case in CASES:
            for plural in (False, True):
                found[fold(_inflected(noun, case, plural))] = noun
        if noun.endswith((" метр", " километр", " сантиметр")):  # "два квадратных метра"
            adjective, _, counted = noun.partition(" ")
            several = inflect_adjective(adjective, "gent", True, "masc")
            found[fold(f"{several} {inflect(counted, 'gent', False)}")] = noun
    found["фунт стерлингов"] = "фунт стерлингов"
    found |= {fold(unit.counted): unit.noun for unit in UNITS.values() if unit.noun in SIGNS}
    found |= {
        "утра": "утро",
        "вечера": "вечер",
        "ночи": "ночь",
        "лет": "год",
        "грамм": "грамм",
        "килограмм": "килограмм",
    }
    found |= {"киловатт часов": "киловатт час", "киловатт часа": "киловатт час"}
    return {word: noun for word, noun in found.items() if word}
