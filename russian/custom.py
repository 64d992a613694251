"""A customer's own rules: stresses, pronunciations and spellings, from a small YAML file.

words:            # a word and its stress, in all that is read aloud
  квордлинг: кв+ордлинг
pronunciations:   # what is written, and how it is said
  ACME-5000: акме пять тысяч
replacements:     # what is heard, and how it is written
  акме пять тысяч: ACME-5000
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from russian.grammar.spans import RewrittenText, substitute
from russian.spelling import fold
from russian.writing.reading import Rewriting, Token, tokens

_SECTIONS = ("words", "pronunciations", "replacements")
_SAYABLE = re.compile(r"[А-Яа-яЁё .,!?;:()«»—+\u0301-]+")
_MARKED = re.compile(r"[А-Яа-яЁё+\u0301-]+")


class RulesError(ValueError):
    """A rules file that cannot be used; the message is one line and names the file."""


@dataclass(frozen=True)
class CustomRules:
    """The three tables; keys are matched whole and without regard to case."""

    words: Mapping[str, str] = field(default_factory=dict)
    pronunciations: Mapping[str, str] = field(default_factory=dict)
    replacements: Mapping[str, str] = field(default_factory=dict)

    def pronounce(self, text: str) -> RewrittenText:
        """Written words of `pronunciations` as they are said."""
        if not self.pronunciations:
            return RewrittenText(text, ())
        pattern, said = self._said
        return substitute(pattern, lambda found: said[found.group().lower()], text)

    def stress(self, text: str) -> RewrittenText:
        """Words of `words` with their stress marks; a word with a mark of its own keeps it."""
        if not self.words:
            return RewrittenText(text, ())
        pattern, said = self._stressed
        return substitute(pattern, lambda found: said[found.group().lower()], text)

    def write(self, words: Sequence[Token], first: int) -> Rewriting | None:
        """The spelling of the longest phrase of `replacements` at a place, as a rule of written."""
        for heard, written in self._heard.get(words[first].text, ()):
            last = first + len(heard)
            if tuple(word.text for word in words[first:last]) == heard:
                return last, written
        return None

    @cached_property
    def _said(self) -> tuple[re.Pattern[str], dict[str, str]]:
        return _whole(self.pronunciations)

    @cached_property
    def _stressed(self) -> tuple[re.Pattern[str], dict[str, str]]:
        return _whole(self.words)

    @cached_property
    def _heard(self) -> dict[str, list[tuple[tuple[str, ...], str]]]:
        found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for heard, written in sorted(self.replacements.items(), key=lambda pair: -len(pair[0])):
            phrase = tuple(token.text for token in tokens(heard))
            found.setdefault(phrase[0], []).append((phrase, written))
        return found


NO_RULES = CustomRules()


def _whole(table: Mapping[str, str]) -> tuple[re.Pattern[str], dict[str, str]]:
    keys = sorted((key.lower() for key in table), key=len, reverse=True)
    pattern = rf"(?<![\w+\u0301])(?:{'|'.join(map(re.escape, keys))})(?![\w\u0301])"
    return re.compile(pattern, re.IGNORECASE), {key.lower(): said for key, said in table.items()}


def load_rules(path: Path) -> CustomRules:
    """Read a rules file. Raises `RulesError` if it is missing, no YAML, or says what it may not."""
    import yaml

    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise RulesError(f"rules file {path}: {reason}") from None
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f", line {line + 1}" if line is not None else ""
        raise RulesError(f"rules file {path}{where}: not valid YAML") from None
    if not isinstance(content, dict | None):
        raise RulesError(f"rules file {path}: must hold {', '.join(_SECTIONS)}")
    unknown = sorted(map(str, (content or {}).keys() - set(_SECTIONS)))
    if unknown:
        known = ", ".join(_SECTIONS)
        raise RulesError(f"rules file {path}: unknown section {unknown[0]!r}; there is {known}")
    tables = {name: _table(path, name, (content or {}).get(name)) for name in _SECTIONS}
    return CustomRules(**tables)


def _table(path: Path, name: str, rows: object) -> dict[str, str]:
    if rows is None:
        return {}
    if not isinstance(rows, dict):
        raise RulesError(f"rules file {path}: {name} must be a list of `what: how`")
    found = {}
    for key, value in rows.items():
        problem = _problem(name, str(key).strip(), value)
        if problem:
            raise RulesError(f"rules file {path}: {name}: {key}: {problem}")
        found[str(key).strip()] = " ".join(str(value).split())
    return found


def _problem(name: str, key: str, value: object) -> str:
    """What is wrong with one row, or ""."""
    if not key or not isinstance(value, str | int | float) or not str(value).strip():
        return "needs a word and what becomes of it"
    said = str(value).strip()
    if name == "words":
        same = fold(said) == fold(key)
        if not (_MARKED.fullmatch(said) and same and ("+" in said or "\u0301" in said)):
            return f"{said!r} must be the same word with + before its stressed vowel"
    elif name == "pronunciations" and not _SAYABLE.fullmatch(said):
        return f"{said!r} must hold Russian letters only"
    elif name == "replacements" and not tokens(key):
        return "holds no word"
    return ""
