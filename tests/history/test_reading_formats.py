"""The same small data set out of every format: as a folder, as a zip, and compressed."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.reading import ReadOptions, Skipped, Source, find_dataset, read_events, read_items
from history.reading.movielens import GENRES
from history.records import Event, Item

Files = dict[str, bytes]


def table(header: str, rows: Sequence[Sequence[object]], delimiter: str) -> bytes:
    lines = [*([header] if header else []), *(delimiter.join(map(str, row)) for row in rows)]
    return "\n".join(lines).encode() + b"\n"


def ratings(events: list[Event], place: Callable[[float], object] = int) -> list[list[object]]:
    return [[event.user_id, event.item_id, event.value, place(event.timestamp)] for event in events]


def movies(items: list[Item]) -> list[list[str]]:
    """Rows as MovieLens has them, the year in the title."""
    titles = [f"{item.title} ({item.year})" if item.year else item.title for item in items]
    genres = ["|".join(item.categories) or "(no genres listed)" for item in items]
    return [list(row) for row in zip([item.item_id for item in items], titles, genres, strict=True)]


def plain(items: list[Item]) -> list[list[object]]:
    return [[item.item_id, item.title, item.year or "", "|".join(item.categories)] for item in items]


def contract(events: list[Event], items: list[Item], suffix: str, delimiter: str) -> Files:
    columns = delimiter.join(("user_id", "item_id", "rating", "timestamp"))
    fields = delimiter.join(("item_id", "title", "year", "category"))
    return {
        f"events{suffix}": table(columns, ratings(events), delimiter),
        f"items{suffix}": table(fields, plain(items), delimiter),
    }


def csv_milliseconds(events: list[Event], items: list[Item]) -> Files:
    rows = ratings(events, lambda seconds: int(seconds * 1000))
    found = contract(events, items, ".csv", ",")
    return {**found, "events.csv": "\ufeff".encode() + table("user_id,item_id,value,timestamp", rows, ",")}


def csv_iso(events: list[Event], items: list[Item]) -> Files:
    rows = ratings(events, lambda seconds: datetime.fromtimestamp(seconds, UTC).isoformat())
    found = contract(events, items, ".csv", ",")
    return {**found, "events.csv": table("user_id,item_id,value,timestamp", rows, ",")}


def jsonl(events: list[Event], items: list[Item]) -> Files:
    found = [dict(zip(("user_id", "item_id", "value", "timestamp"), row, strict=True)) for row in ratings(events)]
    entries = [
        {"item_id": int(item.item_id), "title": item.title, "year": item.year, "category": list(item.categories)}
        for item in items
    ]
    return {
        "events.jsonl": "\n".join(map(json.dumps, found)).encode(),
        "items.ndjson": "\n\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries).encode(),
    }


def parquet(events: list[Event], items: list[Item]) -> Files:
    moments = ratings(events, lambda seconds: datetime.fromtimestamp(seconds, UTC))
    columns = ["user_id", "item_id", "rating", "timestamp"]
    frames = {
        "events.parquet": pl.DataFrame(moments, schema=columns, orient="row"),
        "items.parquet": pl.DataFrame(
            {
                "item_id": [int(item.item_id) for item in items],
                "title": [item.title for item in items],
                "year": [item.year for item in items],
                "category": [list(item.categories) for item in items],
            }
        ),
    }
    found = {}
    for name, frame in frames.items():
        frame.write_parquet(buffer := io.BytesIO())
        found[name] = buffer.getvalue()
    return found


def recbole(events: list[Event], items: list[Item]) -> Files:
    rows = [[item.item_id, item.title, item.year or "", " ".join(item.categories)] for item in items]
    inter = "user_id:token\titem_id:token\trating:float\ttimestamp:float"
    item = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq"
    return {"small.inter": table(inter, ratings(events), "\t"), "small.item": table(item, rows, "\t")}


def ml_100k(events: list[Event], items: list[Item]) -> Files:
    rows = [
        [*row[:2], "01-Jan-1979", "", "http://x", *(int(genre in item.categories) for genre in GENRES)]
        for row, item in zip(movies(items), items, strict=True)
    ]
    return {
        "u.data": table("", ratings(events), "\t"),
        "u.item": table("", rows, "|").decode().encode("latin-1"),
        "u.user": b"1|24|M|technician|85711\n",
    }


def ml_1m(events: list[Event], items: list[Item]) -> Files:
    return {
        "ratings.dat": table("", ratings(events), "::"),
        "movies.dat": table("", movies(items), "::").decode().encode("latin-1"),
    }


def ml_latest(events: list[Event], items: list[Item]) -> Files:
    return {
        "ratings.csv": table("userId,movieId,rating,timestamp", ratings(events), ","),
        "movies.csv": table("movieId,title,genres", movies(items), ","),
        "tags.csv": b"userId,movieId,tag,timestamp\n1,2,fun,3\n",
    }


LAYOUTS: dict[str, Callable[[list[Event], list[Item]], Files]] = {
    "csv": lambda events, items: contract(events, items, ".csv", ","),
    "tsv": lambda events, items: contract(events, items, ".tsv", "\t"),
    "csv milliseconds": csv_milliseconds,
    "csv iso": csv_iso,
    "jsonl": jsonl,
    "parquet": parquet,
    "recbole": recbole,
    "ml-100k": ml_100k,
    "ml-1m": ml_1m,
    "ml-latest": ml_latest,
}


def packed_folder(folder: Path, files: Files) -> list[Path]:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder]


def packed_below(folder: Path, files: Files) -> list[Path]:
    (folder / "below").mkdir()
    packed_folder(folder / "below", files)
    return [folder]


def packed_gzip(folder: Path, files: Files) -> list[Path]:
    packed = {f"{name}.gz": gzip.compress(content) for name, content in files.items()}
    return packed_folder(folder, packed)


def packed_zip(folder: Path, files: Files) -> list[Path]:
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(f"small/{name}", content)
        archive.writestr("__MACOSX/small/events.csv", b"\0")
    return [folder / "all.zip"]


def packed_one_by_one(folder: Path, files: Files) -> list[Path]:
    packed_folder(folder, files)
    return [folder / name for name in files if name not in ("u.user", "tags.csv")]


PACKINGS = [packed_folder, packed_below, packed_gzip, packed_zip, packed_one_by_one]


@pytest.mark.parametrize("pack", PACKINGS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_format_reads_the_same(
    layout: str,
    pack: Callable[[Path, Files], list[Path]],
    tmp_path: Path,
    small_events: list[Event],
    small_items: list[Item],
    events_of: Callable[..., list[Event]],
    items_of: Callable[..., list[Item]],
) -> None:
    found = find_dataset(pack(tmp_path, LAYOUTS[layout](small_events, small_items)))
    assert [event for file in found.events for event in events_of(file)] == small_events
    assert [item for file in found.items for item in items_of(file)] == small_items


text_cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).map(str.strip)
id_cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip)


@given(st.lists(st.tuples(id_cells.filter(bool), text_cells.filter(bool), text_cells), min_size=1))
def test_any_text_written_by_csv_writer_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    for delimiter, name in ((",", "items.csv"), ("\t", "items.tsv")):
        path = tmp_path_factory.getbasetemp() / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter)
            writer.writerows([("item_id", "title", "maker"), *rows])
        items = read_items(path, ReadOptions(), Skipped())
        assert [(item.item_id, item.title, item.facets.get("maker", "")) for item in items] == rows


@given(st.lists(st.tuples(id_cells.filter(bool), st.floats(0, 1.7e9), text_cells), min_size=1))
def test_any_text_written_as_json_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, float, str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "events.jsonl"
    keys = ("user_id", "timestamp", "text")
    path.write_text("\n".join(json.dumps({**dict(zip(keys, row, strict=True)), "item_id": "x"}) for row in rows))
    events = read_events(path, ReadOptions(), Skipped())
    assert [(event.user_id, event.timestamp, event.text) for event in events] == rows


def test_parquet_inside_a_zip_is_named_with_its_member(tmp_path: Path, small_events: list[Event]) -> None:
    [path] = packed_zip(tmp_path, parquet(small_events, []))
    [source] = find_dataset([path]).events
    assert source == Source(path, "small/events.parquet")
    assert str(source) == f"{path}:small/events.parquet"
