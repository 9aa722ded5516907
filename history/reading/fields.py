"""One cell as a value; each function raises `BadRow` with the field's name."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, datetime

from history.reading.movielens import NO_CATEGORY
from history.reading.table import BadRow, shown

MILLISECONDS_FROM = 1e11  # as seconds this is the year 5138, as milliseconds 1973
DAY = 86_400.0
TRUTHS = dict.fromkeys(("true", "t", "yes", "y", "1"), True) | dict.fromkeys(("false", "f", "no", "n", "0"), False)


def filled(text: str, field: str) -> str:
    """Any text but the empty one."""
    if not text:
        raise BadRow("is empty", field)
    return text


def identifier(text: str, field: str) -> str:
    """An id: any text without control characters, not empty."""
    if not filled(text, field).isprintable() and any(unicodedata.category(letter) == "Cc" for letter in text):
        raise BadRow(f"{shown(text)} holds a control character", field)
    return text


def number(text: str, field: str) -> float | None:
    """A finite number; None when empty."""
    if not text:
        return None
    value = _finite(text)
    if value is None:
        raise BadRow(f"{shown(text)} is not a finite number", field)
    return value


def year(text: str) -> int | None:
    """A year, "1995" or "1995.0"; negative before Christ; None when empty."""
    value = number(text, "year")
    if value is None:
        return None
    if not value.is_integer() or abs(value) > 9999:
        raise BadRow(f"{shown(text)} is not a year such as 1995", "year")
    return int(value)


def truth(text: str, field: str) -> bool:
    """True or false; true when empty."""
    if not text:
        return True
    try:
        return TRUTHS[text.lower()]
    except KeyError:
        raise BadRow(f"{shown(text)} is neither true nor false", field) from None


def categories(text: str, separator: str) -> tuple[str, ...]:
    """The several values of a cell, without repeats and without MovieLens's words for none of them."""
    parts = (part.strip() for part in text.split(separator))
    return tuple(dict.fromkeys(part for part in parts if part and part != NO_CATEGORY))


def timestamp(text: str, now: float, order_only: bool) -> float:
    """Unix seconds out of seconds, milliseconds or ISO 8601; with `order_only`, any finite number as it is."""
    value = _finite(text)
    if order_only and value is not None:
        return value
    if value is None:
        value = _iso_seconds(text)
    elif value >= MILLISECONDS_FROM:
        value /= 1000
    if order_only:
        return value
    if value < 0:
        raise BadRow(f"{shown(text)} lies before 1970 (a place in an order? --order-only)", "timestamp")
    if value > now + DAY:
        raise BadRow(f"{shown(text)} lies in the future (a place in an order? --order-only)", "timestamp")
    return value


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def _iso_seconds(text: str) -> float:
    wanted = "Unix seconds or milliseconds, or ISO 8601 such as 2024-05-31T18:00:00Z"
    if not text:
        raise BadRow(f"is empty; wanted: {wanted}", "timestamp")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRow(f"{shown(text)} is not a time; wanted: {wanted}", "timestamp") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
