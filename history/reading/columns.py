"""Which column holds which field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from history.catalogue import nearest
from history.reading.rows import ReadOptions
from history.reading.sources import Source
from workspace.errors import DataError

EVENT_FIELDS = ("user_id", "item_id", "timestamp", "type", "value", "text")
ITEM_FIELDS = ("item_id", "title", "description", "category", "year", "image", "available")
TRIPLE_FIELDS = ("item_id", "relation", "value")
GRAPH_FIELDS = ("head_id", "relation_id", "tail_id")
LINK_FIELDS = ("item_id", "entity_id")
# other names for a field, read where no column has the field's own name: MovieLens's and RecBole's
ALIASES = {
    "user_id": ("userId",),
    "item_id": ("movieId",),
    "value": ("rating",),
    "title": ("movie_title",),
    "year": ("release_year",),
    "category": ("genres", "genre", "class"),
}


def name_columns(found: Iterable[str], fields: Sequence[str], renames: Mapping[str, str]) -> dict[str, str]:
    """The column of each of the `fields` that has one among those `found`: as renamed, by its name, or by an alias."""
    there = set(found)
    names = {}
    for field in fields:
        candidates = (renames.get(field, field), field, *ALIASES.get(field, ()))
        if column := next((name for name in candidates if name in there), ""):
            names[field] = column
    return names


def with_absent(names: Mapping[str, str], fields: Sequence[str]) -> dict[str, str]:
    """All `fields`, those without a column under their own names: a key that only later lines of JSONL have counts."""
    return {field: names.get(field, field) for field in fields}


def check_map(source: Source, found: Sequence[str], fields: Sequence[str], renames: Mapping[str, str]) -> None:
    """See that `--map` speaks of fields that exist and of columns that are there.

    Every kind of file has `item_id`, and triples have a `value` as events do: where a file has a column of that very
    name, a map of it may be meant for another file.

    Raises:
        DataError: otherwise; the message lists the fields or the columns.
    """
    known = dict.fromkeys(EVENT_FIELDS + ITEM_FIELDS + TRIPLE_FIELDS + GRAPH_FIELDS + LINK_FIELDS)
    for field, column in renames.items():
        if field not in known:
            raise DataError(f"--map {field}={column}: no field is called {field!r}; fields: {', '.join(known)}")
        elsewhere = field in found and (field == "item_id" or fields == TRIPLE_FIELDS)
        if field in fields and column not in found and not elsewhere:
            raise DataError(f"{source}: --map {field}={column}: no column {column!r}{_hint(column, found)}")


def require(source: Source, found: Sequence[str], names: Mapping[str, str], fields: Iterable[str]) -> None:
    """See that each of the `fields` has a column.

    Raises:
        DataError: otherwise; the message lists the columns found and shows how to name the right one.
    """
    for field in fields:
        if field not in names:
            like = next(iter(nearest(field, found, 1)), "COLUMN")
            raise DataError(
                f"{source}: no column {field!r}{_hint(field, found)}; name the right one with --map {field}={like}"
            )


def needed_for_events(names: Mapping[str, str], options: ReadOptions) -> list[str]:
    """The fields that an events file must have: no user where one is given, no item where there is text."""
    needed = ["timestamp"]
    if not options.user_id:
        needed.append("user_id")
    if "text" not in names:
        needed.append("item_id")
    return needed


def _hint(name: str, found: Sequence[str]) -> str:
    close = nearest(name, found, 1)
    return f"; columns found: {', '.join(found)}" + (f" (nearest: {close[0]})" if close else "")
