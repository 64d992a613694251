"""Hyphens that a recogniser leaves out, and words that only look as if they missed one."""

import pytest

from russian.writing.hyphens import hyphenated

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "written",
    [
        "кто-то звонил из-за долга",
        "у меня какие-то помехи а где-нибудь ещё так",
        "есть ли какая-либо скидка",
        "я кое-что хотел спросить",
        "всё-таки интернет не работает",
        "во-первых дорого во-вторых медленно",
        "оператор говорит по-русски или по-английски",
        "всё по-прежнему не работает",
        "по-моему это ошибка",
        "подождите-ка минутку",
        "наконец-то дозвонился",
        "Откуда-то 500 ₽",
    ],
)
def test_a_hyphen_is_put_in(written: str) -> None:
    assert hyphenated(written.replace("-", " ")) == written
    assert hyphenated(written) == written


@pytest.mark.parametrize(
    "apart",
    [
        "по моему мнению это ошибка",
        "роутер стоит по прежнему адресу",
        "по новому тарифному плану",
        "скажите что то же самое можно сделать",
        "когда то есть когда приедет мастер",
        "это то что нужно",
        "в первых числах мая",
        "за какой тариф вы платите",
        "по русским номерам",
        "",
    ],
)
def test_what_is_written_apart_stays_apart(apart: str) -> None:
    assert hyphenated(apart) == apart
