"""The filter language: `year>=1990 and category=Drama`, as a test on items."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from history.catalogue import Catalogue, nearest, split_values
from history.records import Item
from workspace.errors import FilterError

Test = Callable[[Item], bool]

TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*"|'[^']*')|(?P<sign>!=|[<>]=?|[=~])|(?P<bracket>[()])|(?P<word>[^\s()=!<>~"'][^\s()=!<>~"]*)|\S"""
)
ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
KEYWORDS = ("and", "or", "not")
FIELDS = ("item_id", "title", "description", "category", "year", "image", "available")
MOST_NESTED = 40


def compile_where(text: str, catalogue: Catalogue) -> Test:
    """The test that `text` puts to an item; the fields are an item's own, and facets and entities of the `catalogue`.

    Comparisons `= != < <= > >=` and `~` (contains) join with `and`, `or`, `not` and parentheses. Letter case does not
    count. Of several values any may match. A missing value matches `!=` alone.

    Raises:
        FilterError: `text` does not parse or names an unknown field; the message names the place.
    """
    facets = dict.fromkeys(facet for item in catalogue.values() for facet in (*item.facets, *item.entities))
    return _Parser(text, {field.casefold(): field for field in (*facets, *FIELDS)}).parse()


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


class _Parser:
    """Recursive descent, one method a rule; each returns the test for what it read."""

    def __init__(self, text: str, fields: dict[str, str]) -> None:
        found = [_Token(match.lastgroup or "", match[0], match.start()) for match in TOKEN.finditer(text)]
        self.text, self.fields, self.depth = text, fields, 0
        self.rest = iter([*found, _Token("end", "the end", len(text))])
        self.next = next(self.rest)

    def _wrong(self, token: _Token, problem: str) -> FilterError:
        hint = 'example: year>=1990 and category="Film-Noir"'
        return FilterError(
            f"--where {self.text[:80]!r}: character {token.place + 1}, at {token.text}: {problem}; {hint}"
        )

    def _take(self, *kinds: str, expected: str) -> _Token:
        taken = self.next
        if taken.kind not in kinds or (taken.kind == "word" and taken.text.lower() in KEYWORDS):
            raise self._wrong(taken, f"expected {expected}")
        self.next = next(self.rest)
        return taken

    def _skip(self, *words: str) -> bool:
        """Whether the next token is one of the keywords or brackets; if so it is passed over."""
        there = self.next.text.lower() in words
        if there:
            self.next = next(self.rest)
        return there

    def parse(self) -> Test:
        test = self._any()
        if self.next.kind != "end":
            raise self._wrong(self.next, "expected 'and' or 'or' (a value of several words needs quotes)")
        return test

    def _any(self) -> Test:
        tests = [self._all()]
        while self._skip("or"):
            tests.append(self._all())
        return lambda item: any(test(item) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._skip("and"):
            tests.append(self._one())
        return lambda item: all(test(item) for test in tests)

    def _one(self) -> Test:
        opening, negated = self.next, self._skip("not")
        if not negated and not self._skip("("):
            return self._comparison()
        self.depth += 1
        if self.depth > MOST_NESTED:
            raise self._wrong(opening, f"more than {MOST_NESTED} levels of 'not' and parentheses")
        test = self._one() if negated else self._any()
        if not negated and not self._skip(")"):
            raise self._wrong(self.next, "expected ')', 'and' or 'or'")
        self.depth -= 1
        return (lambda item: not test(item)) if negated else test

    def _comparison(self) -> Test:
        name = self._take("word", "quoted", expected="a field")
        field = self.fields.get(_plain(name).casefold())
        if field is None:
            close = ", ".join(nearest(_plain(name), self.fields.values()))
            raise self._wrong(name, f"no field is called so; nearest: {close}")
        sign = self._take("sign", expected=f"one of = != {' '.join(ORDERS)} ~").text
        wanted = self._take("word", "quoted", expected="a value")
        if field == "year" and sign != "~" and _number(_plain(wanted)) is None:
            raise self._wrong(wanted, "a year is compared with a number")
        if field == "available" and _plain(wanted).lower() not in ("true", "false"):
            raise self._wrong(wanted, "available is true or false")
        return _comparison(field, sign, _plain(wanted))


def _plain(token: _Token) -> str:
    return token.text[1:-1] if token.kind == "quoted" else token.text


def _comparison(field: str, sign: str, wanted: str) -> Test:
    """The test that any value of `field` stands in the relation `sign` to `wanted`."""
    number, word = _number(wanted), wanted.casefold()

    def equal(value: str) -> bool:
        return value.casefold() == word or (number is not None and _number(value) == number)

    def contains(value: str) -> bool:
        return word in value.casefold()

    def ordered(value: str) -> bool:
        known = value.casefold() if number is None else _number(value)
        return known is not None and bool(ORDERS[sign](known, word if number is None else number))

    if sign == "!=":
        return lambda item: not any(equal(value) for value in _values(item, field))
    holds = {"=": equal, "~": contains}.get(sign, ordered)
    return lambda item: any(holds(value) for value in _values(item, field))


def _values(item: Item, field: str) -> Iterable[str]:
    """The values of one field as text: the item's own, those of its facet and of its entities; none when missing."""
    further = split_values(f"{item.facets.get(field, '')}|{item.entities.get(field, '')}")
    return (*_own_values(item, field), *further)


def _own_values(item: Item, field: str) -> Iterable[str]:
    match field:
        case "category":
            return item.categories
        case "available":
            return ("true" if item.available else "false",)
        case _ if field not in FIELDS:
            return ()
    value = getattr(item, field)
    return () if value in ("", None) else (str(value),)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
