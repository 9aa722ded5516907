"""What files of triples say of the items: a plain table, or a knowledge graph with the file that links it to them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from history.catalogue import split_values
from history.reading import fields
from history.reading.columns import GRAPH_FIELDS, LINK_FIELDS, TRIPLE_FIELDS, check_map, name_columns, require
from history.reading.layouts import DatasetFiles
from history.reading.opening import read_table
from history.reading.rows import ReadOptions, Skipped, read_rows
from history.reading.sources import Source
from history.reading.table import Row
from history.records import Relation

NAME_PART = re.compile(r"[^./#:]+")


def read_relations(files: DatasetFiles, options: ReadOptions, skipped: Skipped) -> Iterator[Relation]:
    """What the triples of all files say of each item, one record a name; its values keep the order of the files.

    A triple of a graph counts for the items that its head is linked to. One whose head is no item is passed over: the
    other direction of a triple that counts, or a fact about something else. All is held in memory, as the triples of
    one item may stand anywhere.

    Raises:
        DataError: a damaged file, a missing column, or a bad row under `--on-error stop`.
    """
    found: defaultdict[tuple[str, str, bool], dict[str, None]] = defaultdict(dict)
    for source in files.triples:
        for item_id, name, value in _rows(source, TRIPLE_FIELDS, options, skipped):
            found[item_id, name, False] |= dict.fromkeys(split_values(value))
    items = _items_by_entity(files.links, options, skipped)
    for source in files.graphs:
        for head, name, tail in _rows(source, GRAPH_FIELDS, options, skipped):
            for item_id in items.get(head, ()):
                found[item_id, last_part(name), True][tail] = None
    for (item_id, name, entities), values in found.items():
        yield Relation(item_id, name, "|".join(values), entities)


def last_part(name: str) -> str:
    """The end of a relation's full name: `directed_by` of "film.film.directed_by", also where it is an address."""
    parts: list[str] = NAME_PART.findall(name)
    return parts[-1] if parts else name


def _items_by_entity(
    sources: Sequence[Source], options: ReadOptions, skipped: Skipped
) -> Mapping[str, Mapping[str, None]]:
    """The items of each entity, without repeats."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for source in sources:
        for item_id, entity in _rows(source, LINK_FIELDS, options, skipped):
            found[entity][item_id] = None
    return found


def _rows(source: Source, wanted: Sequence[str], options: ReadOptions, skipped: Skipped) -> Iterator[tuple[str, ...]]:
    """The cells of the `wanted` fields in each row of a file, none of them empty."""
    table = read_table(source, options.encoding)
    check_map(source, table.columns, wanted, options.renames)
    names = name_columns(table.columns, wanted, options.renames)
    require(source, table.columns, names, wanted)
    return read_rows(source, table, names, partial(_cells, names), options, skipped)


def _cells(names: Mapping[str, str], row: Row) -> tuple[str, ...]:
    return tuple(fields.identifier(row.get(column, "").strip(), field) for field, column in names.items())
