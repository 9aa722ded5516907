"""Events out of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from history.reading import fields
from history.reading.columns import EVENT_FIELDS, check_map, name_columns, needed_for_events, require, with_absent
from history.reading.opening import read_table
from history.reading.rows import ReadOptions, Skipped, read_rows
from history.reading.sources import Source
from history.reading.table import BadRow, Row
from history.records import Event


def read_events(source: Source | Path, options: ReadOptions, skipped: Skipped) -> Iterator[Event]:
    """The events of a file in its order, streamed; rows left out are counted in `skipped`.

    Raises:
        DataError: a damaged file, a missing column, or a bad row under `--on-error stop`.
    """
    source = source if isinstance(source, Source) else Source(source)
    table = read_table(source, options.encoding)
    check_map(source, table.columns, EVENT_FIELDS, options.renames)
    names = name_columns(table.columns, EVENT_FIELDS, options.renames)
    require(source, table.columns, names, needed_for_events(names, options))
    names = with_absent(names, EVENT_FIELDS)
    yield from read_rows(source, table, names, partial(_event, names, options), options, skipped)


def _event(names: Mapping[str, str], options: ReadOptions, row: Row) -> Event:
    cells = {field: row.get(column, "").strip() for field, column in names.items()}
    text, item_id = cells["text"], cells["item_id"]
    if not item_id and not text:
        raise BadRow("is empty, and the event has no text either", "item_id")
    value = fields.number(cells["value"], "value")
    return Event(
        user_id=fields.identifier(cells["user_id"] or options.user_id, "user_id"),
        item_id=fields.identifier(item_id, "item_id") if item_id else "",
        timestamp=fields.timestamp(cells["timestamp"], options.now, options.order_only),
        type=cells["type"].lower() or ("view" if value is None else "rating"),
        value=value,
        text=text,
    )
