"""Numbers, dates, hours and telephone numbers in Russian words, in the cases the templates ask for.

Draws its values from the `random.Random` it is given. Knows nothing of the templates.
"""

from collections.abc import Callable
from random import Random

from num2words import num2words

_MONTHS = [
    "январь",
    "февраль",
    "март",
    "апрель",
    "май",
    "июнь",
    "июль",
    "август",
    "сентябрь",
    "октябрь",
    "ноябрь",
    "декабрь",
]
_MONTHS_G = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]
_WEEKDAYS = ["понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"]
_WEEKDAYS_A = ["понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье"]
_WEEKDAYS_DP = [
    "понедельникам",
    "вторникам",
    "средам",
    "четвергам",
    "пятницам",
    "субботам",
    "воскресеньям",
    "выходным",
    "будням",
]
_HOUR_NAMES = [
    "час",
    "два",
    "три",
    "четыре",
    "пять",
    "шесть",
    "семь",
    "восемь",
    "девять",
    "десять",
    "одиннадцать",
    "двенадцать",
]


def cardinal(number: int, case: str = "n", gender: str = "m") -> str:
    return str(num2words(number, lang="ru", case=case, gender=gender))


def ordinal(number: int, case: str = "n", gender: str = "m") -> str:
    return str(num2words(number, lang="ru", to="ordinal", case=case, gender=gender))


def counted(number: int, one: str, few: str, many: str) -> str:
    """The noun's form after `number`: один рубль, два рубля, пять рублей."""
    if number % 10 == 1 and number % 100 != 11:
        return one
    return few if 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14 else many


def _price(rng: Random) -> int:
    return rng.choice(
        [
            rng.randrange(1, 30) * 100,
            rng.randrange(1, 30) * 50,
            rng.randrange(1, 20) * 100 - 10,
            rng.randrange(1, 10) * 100 + 99,
            rng.randrange(1, 3000),
            rng.randrange(1, 10) * 1000,
            rng.randrange(10, 100),
        ]
    )


def _roubles(rng: Random) -> str:
    n = _price(rng)
    return f"{cardinal(n)} {counted(n, 'рубль', 'рубля', 'рублей')}"


def _kopecks(rng: Random) -> str:
    n = rng.randrange(1, 100)
    return f"{cardinal(n, gender='f')} {counted(n, 'копейка', 'копейки', 'копеек')}"


def _speed(rng: Random) -> int:
    return rng.choice([10, 20, 30, 50, 60, 80, 100, 150, 200, 250, 300, 400, 500, 600, 800, 1000])


def _megabits(rng: Random) -> str:
    n = _speed(rng)
    return f"{cardinal(n)} {counted(n, 'мегабит', 'мегабита', 'мегабит')}"


def _megabits_g(rng: Random) -> str:
    return f"{cardinal(_speed(rng), 'g')} мегабит"


def _days(rng: Random) -> str:
    n = rng.randrange(1, 31)
    if rng.random() < 0.3:
        n = rng.randrange(1, 5)
        return f"{cardinal(n, 'a', 'f')} {counted(n, 'неделю', 'недели', 'недель')}"
    return f"{cardinal(n)} {counted(n, 'день', 'дня', 'дней')}"


def _days_g(rng: Random) -> str:
    n = rng.randrange(1, 31)
    unit = rng.choice([("рабочего дня", "рабочих дней"), ("дня", "дней"), ("часа", "часов")])
    return f"{cardinal(n, 'g')} {unit[0] if n % 10 == 1 and n != 11 else unit[1]}"


def _percent(rng: Random) -> str:
    n = rng.choice([1, 2, 3, 5, 7, 10, 12, 15, 20, 25, 30, 40, 50, rng.randrange(1, 100)])
    return f"{cardinal(n)} {counted(n, 'процент', 'процента', 'процентов')}"


def _metres(rng: Random) -> str:
    n = rng.randrange(1, 100)
    return f"{cardinal(n)} {counted(n, 'метр', 'метра', 'метров')}"


def _date(day_case: str, rng: Random) -> str:
    return f"{ordinal(rng.randrange(1, 32), day_case, 'n')} {rng.choice(_MONTHS_G)}"


def _hour_g(rng: Random) -> str:
    if rng.random() < 0.15:
        return f"{cardinal(rng.randrange(7, 23), 'g')} тридцати"
    hour = rng.randrange(1, 24)
    word = cardinal(hour, "g")
    return rng.choice([word, f"{word} {counted(hour, 'часа', 'часов', 'часов')}"])


def _hour_at(rng: Random) -> str:
    hour = rng.randrange(0, 12)
    part = rng.choice(["", " утра", " вечера", " дня"])
    hours = rng.choice(["", counted(hour + 1, "", " часа", " часов")])
    return _HOUR_NAMES[hour] + hours + part


def _time(rng: Random) -> str:
    hour, minute = rng.randrange(6, 24), rng.choice([5, 10, 15, 20, 25, 30, 40, 45, 50, 55])
    hours = f"{cardinal(hour)} {counted(hour, 'час', 'часа', 'часов')}"
    minutes = f"{cardinal(minute, gender='f')} {counted(minute, 'минута', 'минуты', 'минут')}"
    return rng.choice([f"{cardinal(hour)} {cardinal(minute, gender='f')}", f"{hours} {minutes}"])


def _phone(rng: Random) -> str:
    code, first = rng.choice([800, 495, 812, 343, 383, *range(900, 999)]), rng.randrange(100, 1000)
    parts = [code, first, rng.randrange(10, 100), rng.randrange(10, 100)]
    spoken = " ".join(cardinal(n) for n in parts)
    return rng.choice(["восемь ", "плюс семь ", ""]) + spoken


def _digits(rng: Random) -> str:
    return " ".join(cardinal(rng.randrange(10)) for _ in range(rng.randrange(4, 7)))


def _contract(rng: Random) -> str:
    form = rng.randrange(4)
    if form == 0:
        return _digits(rng)
    if form == 1:
        return " ".join(cardinal(rng.randrange(10, 100)) for _ in range(rng.randrange(2, 5)))
    if form == 2:
        return " ".join(cardinal(rng.randrange(100, 1000)) for _ in range(rng.randrange(2, 4)))
    return cardinal(rng.randrange(1000, 1_000_000))


def _tariff(rng: Random) -> str:
    name = rng.choice(
        [
            "домашний",
            "семейный",
            "игровой",
            "стартовый",
            "базовый",
            "оптимальный",
            "максимум",
            "минимум",
            "дачный",
            "безлимит",
            "офисный",
            "студенческий",
            "выгодный",
            "турбо",
            "премиум",
            "социальный",
            "городской",
            "летний",
            "новый",
        ]
    )
    speed = rng.choice([20, 50, 60, 100, 150, 200, 200, 250, 300, 400, 500, 600, 800, 1000, 2, 3])
    return rng.choice([f"{name} {cardinal(speed)}"] * 3 + [name])


NUMBERS: dict[str, Callable[[Random], str]] = {
    "rub": _roubles,
    "kop": _kopecks,
    "mbit": _megabits,
    "mbit_g": _megabits_g,
    "days": _days,
    "days_g": _days_g,
    "percent": _percent,
    "metres": _metres,
    "date_g": lambda rng: _date("g", rng),
    "date_a": lambda rng: _date("n", rng),
    "date": lambda rng: _date("n", rng),
    "ordn_g": lambda rng: ordinal(rng.randrange(1, 32), "g", "n"),
    "year_g": lambda rng: f"{ordinal(rng.randrange(2020, 2035), 'g')} года",
    "month_a": lambda rng: rng.choice(_MONTHS),
    "weekday": lambda rng: rng.choice(_WEEKDAYS),
    "weekday_a": lambda rng: rng.choice(_WEEKDAYS_A),
    "weekday_dp": lambda rng: rng.choice(_WEEKDAYS_DP),
    "hour_g": _hour_g,
    "hour_at": _hour_at,
    "time": _time,
    "time_g": _hour_g,
    "phone": _phone,
    "digits": _digits,
    "contract": _contract,
    "tariff": _tariff,
    "house": lambda rng: cardinal(rng.randrange(1, 200)),
    "flat": lambda rng: cardinal(rng.randrange(1, 400)),
    "small": lambda rng: rng.choice([cardinal, ordinal])(rng.randrange(1, 25)),
}
