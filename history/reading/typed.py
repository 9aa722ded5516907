"""Files whose values have types, JSONL and Parquet, as rows of text."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time

import polars as pl

from history.reading.movielens import has_movielens_titles
from history.reading.sources import Source, explained_damage, open_bytes
from history.reading.table import BadRow, NumberedRow, Row, Table, shown
from workspace.errors import DataError

JSON_SAMPLE = 1000  # so many first lines of a JSONL file tell its columns


def read_jsonl(source: Source, lines: Iterator[str]) -> Table:
    """The objects of a file that has one a line; a key that only later lines have is read too.

    Raises:
        DataError: an empty file.
    """
    rows = ((number, _json_row(line)) for number, line in enumerate(lines, 1) if line.strip())
    sample = list(itertools.islice(rows, JSON_SAMPLE))
    if not sample:
        raise DataError(f"{source}: the file is empty: is this the right file?")
    columns = dict.fromkeys(name for _, row in sample if not isinstance(row, BadRow) for name in row)
    number, first = sample[0]
    if not columns and isinstance(first, BadRow):
        raise DataError(f"{source}, line {number}: {first.reason}: is this the right file?")
    return Table(tuple(columns), itertools.chain(sample, rows), year_in_title=has_movielens_titles(columns))


def _json_row(line: str) -> Row | BadRow:
    try:
        found = json.loads(line)
        if isinstance(found, dict):
            return _row(found)
    except (ValueError, RecursionError) as error:
        return BadRow(f"{shown(line)} is not JSON that can be read ({error})")
    return BadRow(f'{shown(line)} is not a JSON object: one such as {{"item_id": "1"}} a line is wanted')


def read_parquet(source: Source) -> Table:
    """The rows of a Parquet file, a batch at a time; one inside a zip is unpacked into memory.

    Raises:
        DataError: not a Parquet file, or a damaged one.
    """
    if source.member or source.full_name.endswith(".gz"):
        with open_bytes(source) as file:
            found: io.BytesIO | str = io.BytesIO(file.read())
    else:
        with explained_damage(source):
            source.path.open("rb").close()
        found = str(source.path)
    with _explained_parquet(source):
        frame = pl.scan_parquet(found, glob=False)
        columns = tuple(frame.collect_schema().names())
    return Table(columns, _parquet_rows(source, frame), unit="row", year_in_title=has_movielens_titles(columns))


def _parquet_rows(source: Source, frame: pl.LazyFrame) -> Iterator[NumberedRow]:
    with _explained_parquet(source):
        batches = frame.collect_batches(lazy=True)
        rows = itertools.chain.from_iterable(batch.iter_rows(named=True) for batch in batches)
        for number, row in enumerate(rows, 1):
            yield number, _row(row)


@contextmanager
def _explained_parquet(source: Source) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{source}: not a Parquet file, or a damaged one ({reason}): make it again") from error


def _row(values: Mapping[str, object]) -> Row | BadRow:
    cells = {}
    for name, value in values.items():
        cells[name] = cell = _text(value)
        if "\0" in cell or not _encodable(cell):
            return BadRow(f"{shown(cell)} holds a NUL or half of a character", name)
    return cells


def _text(value: object) -> str:
    """A JSON or Parquet value as a cell of a CSV file would have it."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case date() | datetime() | time():
            return value.isoformat()
        case list() | tuple():
            return "|".join(_text(part) for part in value)
        case dict():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)


def _encodable(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)
