"""Files of rows with a separator: CSV, TSV, RecBole's atomic files and MovieLens's own."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Literal

from history.reading.formats import Format
from history.reading.movielens import has_movielens_titles
from history.reading.sources import Source
from history.reading.table import BadRow, NumberedRow, Table
from workspace.errors import DataError

Record = tuple[int, list[str] | BadRow]


def read_delimited(source: Source, form: Format, lines: Iterator[str]) -> Table:
    """The rows of a file with a separator.

    Raises:
        DataError: an empty file, a broken header, or a quote that is never closed.
    """
    records = _records(source, form, lines)
    header = list(form.columns) or _header(source, records)
    names, types = header, [""] * len(header)
    if form.typed_header:
        names, types = [cell.partition(":")[0] for cell in header], [cell.partition(":")[2] for cell in header]
    if repeated := [name for place, name in enumerate(names) if name and name in names[:place]]:
        raise DataError(f"{source}, line 1: two columns are called {repeated[0]!r}: rename one")
    return Table(
        columns=("item_id", "title", "category") if form.tidy else tuple(names),
        rows=_named(records, names, form),
        spaced=frozenset(name for name, kind in zip(names, types, strict=True) if kind == "token_seq"),
        year_in_title=form.year_in_title or has_movielens_titles(names),
    )


def _header(source: Source, records: Iterator[Record]) -> list[str]:
    number, first = next(records, (0, BadRow("the file is empty")))
    if isinstance(first, BadRow):
        raise DataError(f"{source}{f', line {number}' if number else ''}: {first.reason}: is this the right file?")
    return [name.strip() for name in first]


def _records(source: Source, form: Format, lines: Iterator[str]) -> Iterator[Record]:
    """The cells of each row that is not blank, with the number of the line on which it begins."""
    if len(form.delimiter) > 1:  # the csv module knows one letter only
        cells = ((number, line.rstrip("\r\n")) for number, line in enumerate(lines, 1))
        yield from ((number, line.split(form.delimiter)) for number, line in cells if line)
        return
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if form.quoted else csv.QUOTE_NONE
    reader = csv.reader(lines, delimiter=form.delimiter, quoting=quoting, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            if record := next(reader):
                yield number, record
        except StopIteration:
            return
        except csv.Error as error:
            if "expected after" not in str(error):  # a quote left open swallows rows: more than this one is lost
                raise DataError(f"{source}, line {number}: {error}: is a double quote left open there?") from error
            yield number, BadRow(f'text after a closing quote ({error}): write a quote in a cell as ""')


def _named(records: Iterator[Record], names: list[str], form: Format) -> Iterator[NumberedRow]:
    for number, record in records:
        if isinstance(record, BadRow):
            yield number, record
        elif len(record) != len(names):
            yield number, BadRow(f"{len(record)} fields where {len(names)} are wanted ({', '.join(names[:6])})")
        else:
            row = dict(zip(names, record, strict=True))
            yield number, form.tidy(row) if form.tidy else row
