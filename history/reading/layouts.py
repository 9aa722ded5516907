"""Which files of a folder or a zip hold the events, which the items, and which say more of them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from history.reading.columns import EVENT_FIELDS, ITEM_FIELDS, TRIPLE_FIELDS, name_columns
from history.reading.formats import format_of
from history.reading.opening import read_table
from history.reading.rows import ReadOptions
from history.reading.sources import Source, explained_damage
from workspace.errors import DataError

LAYOUTS = (
    ("events.*", "items.*"),
    ("u.data", "u.item"),
    ("ratings.dat", "movies.dat"),
    ("ratings.csv", "movies.csv"),
    ("*.inter", "*.item"),
)
EXTRAS = ("triples.*", "*.kg", "*.link")  # beside any of them


class DatasetFiles(NamedTuple):
    """The files of a data set; any part may be empty, but a graph and its links go together."""

    events: tuple[Source, ...] = ()
    items: tuple[Source, ...] = ()
    triples: tuple[Source, ...] = ()
    graphs: tuple[Source, ...] = ()
    links: tuple[Source, ...] = ()

    def __or__(self, other: DatasetFiles) -> DatasetFiles:
        """Both together, without repeats."""
        return DatasetFiles(*(tuple(dict.fromkeys(ours + theirs)) for ours, theirs in zip(self, other, strict=True)))


def find_dataset(paths: Sequence[Path], options: ReadOptions | None = None) -> DatasetFiles:
    """The files of a data set among `paths`: files, folders and zips.

    A folder or zip is recognised by the names of its files, a file that is named itself by its columns, as renamed
    by the `options`.

    Raises:
        DataError: nothing is recognised, more than one data set is, a graph lacks its links, or a path cannot be read.
    """
    found = DatasetFiles()
    for path in paths:
        if path.is_dir():
            found |= _choose(path, _folder(path))
        elif path.suffix.lower() == ".zip":
            found |= _choose(path, _archive(path))
        else:
            found |= _by_columns(Source(path), options or ReadOptions())
    if bool(found.graphs) != bool(found.links):
        there, missing = (found.graphs, "NAME.link") if found.graphs else (found.links, "NAME.kg")
        raise DataError(f"{there[0]}: is of use with its {missing} alone: put that beside it, or name the other files")
    return found


def _folder(path: Path) -> list[Source]:
    """The files of the folder and of those right below it."""
    source = Source(path)
    with explained_damage(source):
        return [Source(file) for pattern in ("*", "*/*") for file in sorted(path.glob(pattern)) if file.is_file()]


def _archive(path: Path) -> list[Source]:
    source = Source(path)
    with explained_damage(source), zipfile.ZipFile(path) as archive:
        names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    return [Source(path, name) for name in sorted(names) if not name.startswith("__MACOSX/")]


def _choose(path: Path, files: Iterable[Source]) -> DatasetFiles:
    """The one data set of a folder or zip: that of the highest folder that holds one."""
    folders: dict[PurePosixPath, list[Source]] = {}
    for file in files:
        folders.setdefault(PurePosixPath(file.member or file.path.as_posix()).parent, []).append(file)
    found = {folder: dataset for folder, inside in folders.items() if (dataset := _recognise(inside))}
    if not found:
        raise _nothing_found(path, [file for inside in folders.values() for file in inside])
    depth = min(len(folder.parts) for folder in found)
    highest = [folder for folder in found if len(folder.parts) == depth]
    if len(highest) > 1:
        raise DataError(f"{path}: holds several data sets, name one of: {', '.join(map(str, highest))}")
    return found[highest[0]]


def _recognise(files: Sequence[Source]) -> DatasetFiles | None:
    extras = [_matching(files, name) for name in EXTRAS]
    for events_name, items_name in LAYOUTS:
        events, items = _matching(files, events_name), _matching(files, items_name)
        if events or items:
            return DatasetFiles(events, items, *extras)
    return DatasetFiles((), (), *extras) if any(extras) else None


def _matching(files: Sequence[Source], pattern: str) -> tuple[Source, ...]:
    found = tuple(file for file in files if fnmatchcase(file.name, pattern) and format_of(file.name))
    if len(found) > 1:
        raise DataError(f"several files are called {pattern}: {', '.join(map(str, found))}: name the ones to read")
    return found


def _nothing_found(path: Path, files: Sequence[Source]) -> DataError:
    there = ", ".join(file.full_name for file in files[:8]) + (", …" if len(files) > 8 else "")
    wanted = "; ".join([*(f"{events} and {items}" for events, items in LAYOUTS), *EXTRAS])
    return DataError(
        f"{path}: no data set found. Looked for: {wanted} (CSV, TSV, JSONL, Parquet; .gz may follow). "
        f"Found: {there or 'no files'}. Name the files themselves, and their columns with --map"
    )


def _by_columns(source: Source, options: ReadOptions) -> DatasetFiles:
    columns = read_table(source, options.encoding).columns
    events = name_columns(columns, EVENT_FIELDS, options.renames)
    items = name_columns(columns, ITEM_FIELDS, options.renames)
    if "timestamp" in events and ("item_id" in events or "text" in events):
        return DatasetFiles(events=(source,))
    if "item_id" in items and "title" in items:
        return DatasetFiles(items=(source,))
    if len(name_columns(columns, TRIPLE_FIELDS, options.renames)) == len(TRIPLE_FIELDS):
        return DatasetFiles(triples=(source,))
    if recognised := _recognise([source]):
        return recognised
    raise DataError(
        f"{source}: neither events (user_id, item_id, timestamp) nor items (item_id, title) nor triples "
        f"(item_id, relation, value); columns found: {', '.join(columns)}; "
        "name the right ones with --map item_id=COLUMN"
    )
