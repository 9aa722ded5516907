"""What every format is turned into: columns, and numbered rows of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Row = Mapping[str, str]


class BadRow(Exception):
    """One row that cannot be read; `column` is empty when the whole row is meant."""

    def __init__(self, reason: str, column: str = "") -> None:
        """Keep the reason, a phrase that names the value."""
        super().__init__(reason)
        self.reason = reason
        self.column = column


NumberedRow = tuple[int, Row | BadRow]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and numbered rows; `spaced` are the columns whose several values stand apart by spaces."""

    columns: tuple[str, ...]
    rows: Iterator[NumberedRow]
    unit: str = "line"
    spaced: frozenset[str] = frozenset()
    year_in_title: bool = False


def shown(value: str, width: int = 60) -> str:
    """A value as messages quote it: in quotes, on one line, cut when long."""
    value = value.strip()
    return repr(value if len(value) <= width else value[: width - 1] + "…")
