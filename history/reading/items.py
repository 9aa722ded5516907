"""Items out of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from history.reading import fields
from history.reading.columns import ITEM_FIELDS, check_map, name_columns, require, with_absent
from history.reading.movielens import split_year
from history.reading.opening import read_table
from history.reading.rows import ReadOptions, Skipped, read_rows
from history.reading.sources import Source
from history.reading.table import Row, Table
from history.records import Item


def read_items(source: Source | Path, options: ReadOptions, skipped: Skipped) -> Iterator[Item]:
    """The items of a file in its order, streamed; rows left out are counted in `skipped`.

    Raises:
        DataError: a damaged file, a missing column, or a bad row under `--on-error stop`.
    """
    source = source if isinstance(source, Source) else Source(source)
    table = read_table(source, options.encoding)
    check_map(source, table.columns, ITEM_FIELDS, options.renames)
    names = name_columns(table.columns, ITEM_FIELDS, options.renames)
    require(source, table.columns, names, ("item_id", "title"))
    names = with_absent(names, ITEM_FIELDS)
    yield from read_rows(source, table, names, partial(_item, names, table), options, skipped)


def _item(names: Mapping[str, str], table: Table, row: Row) -> Item:
    cells = {field: row.get(column, "").strip() for field, column in names.items()}
    title, year = cells["title"], cells["year"]
    if table.year_in_title and not year.isdigit():  # RecBole's MovieLens has words there: "V" and "unkonwn"
        title, year = split_year(title)
    return Item(
        item_id=fields.identifier(cells["item_id"], "item_id"),
        title=fields.filled(title, "title"),
        description=cells["description"],
        categories=fields.categories(cells["category"], _separator(names, table)),
        year=fields.year(year),
        image=cells["image"],
        available=fields.truth(cells["available"], "available"),
        facets=_facets(names, row),
    )


def _separator(names: Mapping[str, str], table: Table) -> str:
    return " " if names["category"] in table.spaced else "|"


def _facets(names: Mapping[str, str], row: Row) -> dict[str, str]:
    """The cells of all columns that are no field, or that another column was put in the place of."""
    used = {*names.values(), *ITEM_FIELDS, ""}
    return {column: text.strip() for column, text in row.items() if column not in used and text and text.strip()}
