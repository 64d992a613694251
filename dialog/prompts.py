"""Everything that the assistant says of its own: one place, and any sentence can be replaced.

Knows the sentences and which blanks each has; knows nothing of when they are said. What it quotes
from documents, and what a language model words, is not its own; the instructions to that model
are nothing that anybody hears.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from string import Formatter
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """The sentences, by name. `{...}` is a blank, which `str.format` fills in."""

    # A call begins.
    greeting: str = "Здравствуйте! Вы говорите с голосовым помощником. Задайте ваш вопрос."
    record_notice: str = "Разговор записывается."

    # The caller was not heard, or not well.
    nothing_heard: str = "Я ничего не услышал. Повторите, пожалуйста, вопрос."
    say_again: str = "Извините, я не расслышал. Повторите, пожалуйста."
    another_way: str = (
        "Мне плохо слышно. Наберите номер на клавиатуре телефона, напишите вопрос текстом "
        "или скажите «оператор», и я передам вас сотруднику."
    )
    confirm_number: str = "Вы сказали: {number}. Верно?"
    cannot_hear: str = (
        "Извините, у меня временно не получается вас услышать. Напишите, пожалуйста, вопрос "
        "текстом."
    )
    are_you_there: str = "Я вас слушаю. Вы ещё на линии?"
    giving_up: str = "Похоже, вас не слышно. Если вопросов больше нет, я завершу звонок."

    # An answer.
    filler: str = "Секунду, смотрю."
    quote: str = "В статье «{title}» сказано:"
    unknown: str = "Я не нашёл ответа на этот вопрос в документах. Попробуйте спросить иначе."
    not_found: str = "Я не нашёл ответа в документах."
    """What a language model is told to say where the passages do not answer."""
    cannot_look_up: str = (
        "Извините, сейчас я не могу заглянуть в документы. Попробуйте, пожалуйста, позже."
    )
    broken: str = "Извините, сейчас я не могу ответить. Попробуйте, пожалуйста, ещё раз."

    # An action, where the operator's file gives it no words.
    transferring: str = "Соединяю с сотрудником. Оставайтесь на линии."
    not_connected: str = (
        "Извините, соединить не получилось. Я остаюсь на линии, задайте ваш вопрос."
    )
    farewell: str = "Спасибо за звонок. До свидания!"
    text_sent: str = "Я отправил вам сообщение."
    done: str = "Готово."
    action_failed: str = "Извините, сейчас это не получилось."
    how_many_digits: str = "Мне нужно цифр: {digits}. Назовите их ещё раз или наберите на телефоне."
    no_digits: str = "Извините, цифры разобрать не получилось."

    @property
    def urgent(self) -> tuple[str, ...]:
        """What a call may need at once, to be synthesised beforehand; the filler comes first."""
        return (
            self.filler,
            self.nothing_heard,
            self.broken,
            self.say_again,
            self.another_way,
            self.are_you_there,
            self.giving_up,
            self.cannot_hear,
        )

    @classmethod
    def replacing(cls, given: object) -> Self:
        """Our sentences, those in the mapping `given` in place of ours; `None` holds none.

        Raises ValueError, in one line, for a name that no sentence has, and for a sentence that is
        empty or has not the blanks of the one it replaces.
        """
        if not isinstance(given, Mapping | None):
            raise ValueError("a list of `name: sentence` is wanted")
        own = {field.name: str(field.default) for field in fields(cls)}
        for name in given or ():
            if name not in own:
                near = get_close_matches(str(name), own, n=1, cutoff=0.0)
                raise ValueError(f"no sentence is called {name!r}; the nearest is {near[0]!r}")
        return cls(
            **{name: _checked(name, said, own[name]) for name, said in (given or {}).items()}
        )


PROMPTS = Prompts()
"""Our own sentences, none of them replaced."""


def _checked(name: str, said: object, ours: str) -> str:
    """A sentence on one line; raises ValueError for one that cannot replace `ours`."""
    if not isinstance(said, str) or not any(char.isalnum() for char in said):
        raise ValueError(f"{name}: a sentence is wanted, and it must not be empty")
    wanted = _blanks(ours)
    try:
        has = _blanks(said)
    except ValueError:
        raise ValueError(f"{name}: a brace without its pair") from None
    for blank in sorted(wanted - has):
        raise ValueError(f"{name}: {{{blank}}} is missing")
    for blank in sorted(has - wanted):
        raise ValueError(f"{name}: {{{blank}}} has no meaning here")
    return " ".join(said.split())


def _blanks(sentence: str) -> set[str]:
    """The names in braces, with any format that stands behind them; raises ValueError."""
    parsed = Formatter().parse(sentence)
    return {
        f"{name}{'!' + conversion if conversion else ''}{':' + form if form else ''}"
        for _, name, form, conversion in parsed
        if name is not None
    }
