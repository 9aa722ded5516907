"""How reading is set up, and what happens to a row that is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from history.reading.sources import Source
from history.reading.table import BadRow, Row, Table
from workspace.errors import DataError

T = TypeVar("T")
WAY_OUT = "; correct it, or leave such rows out with --on-error skip"
MESSAGES_KEPT = 5


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How files are read."""

    renames: Mapping[str, str] = field(default_factory=dict)
    """Contract field to the column that holds it: `--map user_id=uid`."""
    on_error: Literal["stop", "skip"] = "stop"
    """Whether a bad row ends the reading or is left out."""
    order_only: bool = False
    """Timestamps are places in an order: any finite number, not checked against the clock."""
    encoding: str = ""
    """Empty for the format's own: UTF-8, with or without byte order mark; Latin-1 for MovieLens 100K and 1M."""
    user_id: str = ""
    """Whose events a file without a `user_id` column holds; empty: such a file is refused."""
    now: float = field(default_factory=time.time)
    """Unix seconds; an event more than a day later is a bad row."""


@dataclass(slots=True)
class Skipped:
    """The rows that were left out: how many, and the messages of the first few."""

    count: int = 0
    messages: list[str] = field(default_factory=list)

    def add(self, message: str) -> None:
        """Count one row; its message is kept when it is among the first."""
        self.count += 1
        if len(self.messages) < MESSAGES_KEPT:
            self.messages.append(message)


def read_rows(
    source: Source,
    table: Table,
    names: Mapping[str, str],
    build: Callable[[Row], T],
    options: ReadOptions,
    skipped: Skipped,
) -> Iterator[T]:
    """What `build` makes of each row of `table`; `names` tells which column holds which field.

    Raises:
        DataError: a bad row under `--on-error stop`, or a file without any row (a visitor's may be).
    """
    empty = True
    for number, row in table.rows:
        empty = False
        try:
            if isinstance(row, BadRow):
                raise row
            made = build(row)
        except BadRow as bad:
            column = f", column {names.get(bad.column, bad.column)!r}" if bad.column else ""
            message = f"{source}, {table.unit} {number}{column}: {bad.reason}"
            if options.on_error == "stop":
                raise DataError(message + WAY_OUT) from None
            skipped.add(message)
        else:
            yield made
    if empty and not options.user_id:
        raise DataError(f"{source}: column names but no rows: is this the right file?")
