"""A file as a table, whatever its format."""

from __future__ import annotations

from history.reading.delimited import read_delimited
from history.reading.formats import FORMATS, format_of
from history.reading.sources import Source, read_lines
from history.reading.table import Table
from history.reading.typed import read_jsonl, read_parquet
from workspace.errors import DataError


def read_table(source: Source, encoding: str = "") -> Table:
    """The rows of `source`, streamed; an empty `encoding` means the format's own.

    Raises:
        DataError: an unknown format, or a file that is missing, empty or damaged.
    """
    form = format_of(source.name)
    if form is None:
        raise DataError(
            f"{source}: the name tells no format: rename it to one of {', '.join(FORMATS)} (.gz may follow)"
        )
    if form.kind == "parquet":
        return read_parquet(source)
    if encoding.lower() in ("utf-8", "utf8"):
        encoding = "utf-8-sig"
    lines = read_lines(source, encoding or form.encoding)
    return read_jsonl(source, lines) if form.kind == "jsonl" else read_delimited(source, form, lines)
