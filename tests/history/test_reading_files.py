"""Files that are damaged, wrongly named or wrongly mapped: each is told with its place and the way out."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from history.reading import ReadOptions, Skipped, find_dataset, read_events
from history.records import Event, Item
from workspace.errors import DataError

Write = Callable[[str, str | bytes], Path]
HEADER = "user_id,item_id,timestamp\n"
GOOD = HEADER + "u,i,1\n"


def parquet_bytes() -> bytes:
    pl.DataFrame({"user_id": ["u"], "item_id": ["i"], "timestamp": [1]}).write_parquet(buffer := io.BytesIO())
    return buffer.getvalue()


BAD_FILES: list[tuple[str, str, str | bytes, list[str]]] = [
    ("empty", "events.csv", "", ["the file is empty"]),
    ("empty gzip", "events.csv.gz", gzip.compress(b""), ["the file is empty"]),
    ("empty jsonl", "events.jsonl", "\n\n", ["the file is empty"]),
    ("jsonl without objects", "events.jsonl", "[1]\n[2]\n", ["line 1: '[1]' is not a JSON object"]),
    ("header only", "events.csv", HEADER, ["column names but no rows"]),
    ("parquet without rows", "events.parquet", b"", ["not a Parquet file"]),
    ("missing column", "events.csv", "user,item_id,timestamp\nu,i,1\n",
     ["no column 'user_id'", "columns found: user, item_id, timestamp", "--map user_id=user"]),
    ("one user twice", "events.csv", "user_id,item_id,timestamp,item_id\n", ["two columns are called 'item_id'"]),
    ("latin-1", "events.csv", (GOOD + "é,i,1\n").encode("latin-1"),
     ["line 3: byte 0xe9 at character 1", "encoding utf-8", "--encoding latin-1"]),
    ("utf-16", "events.csv", GOOD.encode("utf-16"), ["line 1: byte 0xff at character 1", "--encoding utf-16"]),
    ("NUL", "events.csv", GOOD + "u\0,i,1\n", ["line 3: a NUL byte at character 2"]),
    ("truncated gzip", "events.csv.gz", gzip.compress(GOOD.encode() * 99)[:-20], ["the gzip data ends too early"]),
    ("not gzip", "events.csv.gz", GOOD, ["damaged or not compressed as its name says"]),
    ("corrupt gzip", "events.csv.gz", gzip.compress(GOOD.encode())[:-8] + bytes(8), ["damaged"]),
    ("open quote", "events.csv", GOOD + '"u,i,1\nu,i,1\n', ["line 3: unexpected end of data", "left open"]),
    ("long field", "events.csv", GOOD + "u" * (csv.field_size_limit() + 1) + ",i,1\n", ["line 3: field larger than"]),
    ("not parquet", "events.parquet", GOOD, ["not a Parquet file, or a damaged one"]),
    ("cut parquet", "events.parquet", parquet_bytes()[:-30], ["not a Parquet file, or a damaged one"]),
    ("unknown format", "events.xlsx", b"PK", ["the name tells no format", "*.csv", "*.parquet"]),
]  # fmt: skip


@pytest.mark.parametrize("on_error", ["stop", "skip"])
@pytest.mark.parametrize(
    ("name", "content", "messages"), [case[1:] for case in BAD_FILES], ids=[c[0] for c in BAD_FILES]
)
def test_damage_is_an_error_also_when_rows_are_skipped(
    name: str,
    content: str | bytes,
    messages: list[str],
    on_error: str,
    write: Write,
    events_of: Callable[..., list[Event]],
) -> None:
    path = write(name, content)
    with pytest.raises(DataError) as caught:
        events_of(path, on_error=on_error)
    assert str(path) in str(caught.value)
    for message in messages:
        assert message in str(caught.value)


def test_the_named_encoding_is_used(write: Write, events_of: Callable[..., list[Event]]) -> None:
    for encoding in ("latin-1", "utf-16", "utf-8", "UTF8"):
        [event] = events_of(write("events.csv", (HEADER + "é,i,1\n").encode(encoding)), encoding=encoding)
        assert event.user_id == "é"


@pytest.mark.parametrize("encoding", ["klingon", "base64"])
def test_unknown_encoding(encoding: str, write: Write, events_of: Callable[..., list[Event]]) -> None:
    with pytest.raises(DataError, match=f"unknown encoding '{encoding}': try --encoding latin-1"):
        events_of(write("events.csv", GOOD), encoding=encoding)


def test_renamed_columns(write: Write, events_of: Callable[..., list[Event]]) -> None:
    path = write("events.csv", "uid,asin,when,value\nu,i,1,9\n")
    renames = {"user_id": "uid", "item_id": "asin", "timestamp": "when", "text": "uid"}
    assert events_of(path, renames=renames) == [Event("u", "i", 1.0, "rating", 9.0, "u")]


def test_a_rename_leaves_no_facet(write: Write, items_of: Callable[..., list[Item]]) -> None:
    path = write("items.csv", "item_id,title,name\n1,old,new\n")
    assert items_of(path, renames={"title": "name", "user_id": "uid"}) == [Item("1", "new")]


@pytest.mark.parametrize(
    ("renames", "message"),
    [
        ({"user_id": "uuid"}, "--map user_id=uuid: no column 'uuid'; columns found: uid, item_id, timestamp"),
        ({"user": "uid"}, "--map user=uid: no field is called 'user'; fields: user_id, item_id, timestamp"),
    ],
)
def test_wrong_rename(
    renames: dict[str, str], message: str, write: Write, events_of: Callable[..., list[Event]]
) -> None:
    with pytest.raises(DataError) as caught:
        events_of(write("events.csv", "uid,item_id,timestamp\nu,i,1\n"), renames=renames)
    assert message in str(caught.value)


def test_a_visitor_needs_no_user_column(write: Write, events_of: Callable[..., list[Event]]) -> None:
    path = write("history.csv", "item_id,timestamp\ni,1\n")
    assert events_of(path, user_id="me") == [Event("me", "i", 1.0)]
    assert find_dataset([path]).events[0].path == path


def test_text_needs_no_item_column(write: Write, events_of: Callable[..., list[Event]]) -> None:
    path = write("q.csv", "user_id,timestamp,type,text\nu,1,search,calm\n")
    assert events_of(path) == [Event("u", "", 1.0, "search", None, "calm")]


def test_reading_is_streamed(write: Write, options: Callable[..., ReadOptions]) -> None:
    events = read_events(write("events.csv", GOOD + "broken\n"), options(), Skipped())
    assert next(events) == Event("u", "i", 1.0)
    with pytest.raises(DataError, match="line 3"):
        next(events)


def test_plain_files_are_told_apart_by_their_columns(write: Write) -> None:
    events, items = write("a.csv", "u,item_id,when\n"), write("b.csv", "item_id,title\n")
    found = find_dataset([items, events, items], ReadOptions(renames={"timestamp": "when"}))
    assert [source.path for source in found.events] == [events]
    assert [source.path for source in found.items] == [items]


def test_a_name_tells_what_the_columns_do_not(write: Write) -> None:
    path = write("events.csv", "a,b\n")
    assert find_dataset([path]).events[0].path == path


def test_a_file_that_is_neither(write: Write) -> None:
    with pytest.raises(DataError, match="neither events .* nor items .*columns found: a, b; .*--map"):
        find_dataset([write("data.csv", "a,b\n")])


def test_missing_path(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere.csv: no such file or folder"):
        find_dataset([tmp_path / "nowhere.csv"])


def test_a_folder_without_data(tmp_path: Path, write: Write) -> None:
    write("readme.txt", "hello")
    with pytest.raises(DataError) as caught:
        find_dataset([tmp_path])
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}: no data set found. Looked for: events.* and items.*; u.data and u.item")
    assert "Found: readme.txt." in message


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Found: no files"):
        find_dataset([tmp_path])


def test_the_same_data_twice(tmp_path: Path, write: Write) -> None:
    write("events.csv", GOOD)
    write("events.csv.gz", gzip.compress(GOOD.encode()))
    with pytest.raises(DataError, match=r"several files are called events\.\*: .*: name the ones to read"):
        find_dataset([tmp_path])


def test_several_data_sets(tmp_path: Path, write: Write) -> None:
    write("one/events.csv", GOOD)
    write("two/events.csv", GOOD)
    with pytest.raises(DataError, match="holds several data sets, name one of: .*one, .*two"):
        find_dataset([tmp_path])


def test_corrupt_zip(write: Write, events_of: Callable[..., list[Event]]) -> None:
    with pytest.raises(DataError, match="damaged or not compressed"):
        find_dataset([write("all.zip", b"PK\x03\x04 no zip")])
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        archive.writestr("events.csv", GOOD)
    [source] = find_dataset([write("all.zip", buffer.getvalue().replace(b"u,i,1", b"u,i,2", 1))]).events
    with pytest.raises(DataError, match="all.zip:events.csv: damaged .*CRC"):
        events_of(source)


def test_a_folder_in_the_place_of_a_file(tmp_path: Path, events_of: Callable[..., list[Event]]) -> None:
    (tmp_path / "events.csv").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        events_of(tmp_path / "events.csv")
