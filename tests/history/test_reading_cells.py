"""What one cell may hold, and what each wrong one is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from history.reading import ReadOptions, Skipped, read_events, read_items
from history.records import Event, Item
from workspace.errors import DataError

Write = Callable[[str, str | bytes], Path]
HEADER = "user_id,item_id,timestamp,type,value,text\n"


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("881250949", 881250949.0),
        ("881250949.5", 881250949.5),
        ("881250949000", 881250949.0),
        ("9.7e8", 970000000.0),
        ("0", 0.0),
        ("2001-09-09T01:46:40Z", 1e9),
        ("2001-09-09T03:46:40+02:00", 1e9),
        ("2001-09-09 01:46:40", 1e9),
        ("2001-09-09", 999993600.0),
        (" 5 ", 5.0),
    ],
)
def test_timestamp(cell: str, seconds: float, write: Write, events_of: Callable[..., list[Event]]) -> None:
    [event] = events_of(write("events.csv", f"user_id,item_id,timestamp\nu,i,{cell}\n"))
    assert event.timestamp == seconds


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("nan", "'nan' is not a time"),
        ("inf", "'inf' is not a time"),
        ("1_0", "'1_0' is not a time"),
        ("", "is empty"),
        ("-1", "'-1' lies before 1970"),
        ("1969-12-31", "lies before 1970"),
        ("1700100000", "lies in the future"),
        ("1700100000000", "lies in the future"),
        ("2024-13-01", "'2024-13-01' is not a time"),
        ("964982703http://example.com", "'964982703http://example.com' is not a time"),
    ],
)
def test_bad_timestamp(cell: str, reason: str, write: Write, events_of: Callable[..., list[Event]]) -> None:
    path = write("events.csv", f"user_id,item_id,timestamp\nu,i,1\nu,i,{cell}\n")
    with pytest.raises(DataError) as caught:
        events_of(path)
    assert str(caught.value).startswith(f"{path}, line 3, column 'timestamp': ")
    assert reason in str(caught.value)
    assert "--on-error skip" in str(caught.value)


@pytest.mark.parametrize("cell", ["-1", "0", "1700000000000", "99999999999999", "0.5"])
def test_order_only_takes_any_finite_number(cell: str, write: Write, events_of: Callable[..., list[Event]]) -> None:
    [event] = events_of(write("events.csv", f"user_id,item_id,timestamp\nu,i,{cell}\n"), order_only=True)
    assert event.timestamp == float(cell)


def test_order_only_refuses_nan(write: Write, events_of: Callable[..., list[Event]]) -> None:
    with pytest.raises(DataError, match="'nan' is not a time"):
        events_of(write("events.csv", "user_id,item_id,timestamp\nu,i,nan\n"), order_only=True)


@pytest.mark.parametrize(
    ("row", "event"),
    [
        ("u,i,1,,,", Event("u", "i", 1.0)),
        ("u,i,1,,3,", Event("u", "i", 1.0, "rating", 3.0)),
        ("u,i,1,Purchase,3,", Event("u", "i", 1.0, "purchase", 3.0)),
        ("u,,1,search,,quiet films", Event("u", "", 1.0, "search", None, "quiet films")),
        (' u ," i ",1,comment,,"two\nlines"', Event("u", "i", 1.0, "comment", None, "two\nlines")),
    ],
)
def test_event(row: str, event: Event, write: Write, events_of: Callable[..., list[Event]]) -> None:
    assert events_of(write("events.csv", HEADER + row + "\n")) == [event]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",i,1,,,", "column 'user_id': is empty"),
        ("u,,1,,,", "column 'item_id': is empty, and the event has no text either"),
        ("u,i\x01j,1,,,", "column 'item_id': 'i\\x01j' holds a control character"),
        ('"u\nv",i,1,,,', "column 'user_id': 'u\\nv' holds a control character"),
        ("u,i,1,,four,", "column 'value': 'four' is not a finite number"),
        ("u,i,1,,nan,", "column 'value': 'nan' is not a finite number"),
        ("u,i,1", "3 fields where 6 are wanted (user_id, item_id, timestamp, type, value, text)"),
        ("u,i,1,,,,", "7 fields where 6 are wanted"),
        ('"u"v,i,1,,,', "text after a closing quote"),
    ],
)
def test_bad_event_is_told_or_skipped(
    row: str, message: str, write: Write, events_of: Callable[..., list[Event]], options: Callable[..., ReadOptions]
) -> None:
    path = write("events.csv", f'{HEADER}u,i,1,,,"quoted\n\nlines"\n{row}\nu,j,2,,,\n')
    with pytest.raises(DataError) as caught:
        events_of(path)
    assert str(caught.value).startswith(f"{path}, line 5")
    assert message in str(caught.value)

    skipped = Skipped()
    kept = list(read_events(path, options(on_error="skip"), skipped))
    assert [event.item_id for event in kept] == ["i", "j"]
    assert skipped.count == 1
    assert message in skipped.messages[0]


def test_skipped_keeps_the_first_few_messages(write: Write, options: Callable[..., ReadOptions]) -> None:
    skipped = Skipped()
    path = write("events.csv", "user_id,item_id,timestamp\n" + "u,i,x\n" * 50)
    assert list(read_events(path, options(on_error="skip"), skipped)) == []
    assert (skipped.count, len(skipped.messages)) == (50, 5)


def test_item_columns_and_facets(write: Write, items_of: Callable[..., list[Item]]) -> None:
    header = ",item_id,title,description,category,year,image,available,brand,tags\n"
    rows = "0,1,A,B,x| y ||x,1999.0,c.png,no,Acme,\n1,2,D,,,,,,,p|q\n"
    assert items_of(write("items.csv", header + rows)) == [
        Item("1", "A", "B", ("x", "y"), 1999, "c.png", False, {"brand": "Acme"}),
        Item("2", "D", facets={"tags": "p|q"}),
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",A,1999,1", "column 'item_id': is empty"),
        ("1, ,1999,1", "column 'title': is empty"),
        ("1,A,old,1", "column 'year': 'old' is not a finite number"),
        ("1,A,1999.5,1", "column 'year': '1999.5' is not a year such as 1995"),
        ("1,A,19990,1", "column 'year': '19990' is not a year such as 1995"),
        ("1,A,1999,maybe", "column 'available': 'maybe' is neither true nor false"),
    ],
)
def test_bad_item(row: str, message: str, write: Write, items_of: Callable[..., list[Item]]) -> None:
    path = write("items.csv", f"item_id,title,year,available\n{row}\n")
    with pytest.raises(DataError) as caught:
        items_of(path)
    assert f"{path}, line 2, {message}" in str(caught.value)


@pytest.mark.parametrize(
    ("title", "year", "expected"),
    [
        ("Toy Story (1995)", "", ("Toy Story", 1995)),
        ("Babylon 5 (TV)", "", ("Babylon 5 (TV)", None)),
        ("(1995)", "", ("(1995)", None)),
        ("Time III (1995)", "V", ("Time III", 1995)),
        ("unkonwn", "unkonwn", ("unkonwn", None)),
        ("Blade Runner (2049)", "2017", ("Blade Runner (2049)", 2017)),
    ],
)
def test_year_at_the_end_of_a_movielens_title(
    title: str, year: str, expected: tuple[str, int | None], write: Write, items_of: Callable[..., list[Item]]
) -> None:
    header = "item_id:token\tmovie_title:token_seq\trelease_year:token\n"
    [item] = items_of(write("a.item", f"{header}1\t{title}\t{year}\n"))
    assert (item.title, item.year) == expected


def test_a_year_in_any_other_title_stays(write: Write, items_of: Callable[..., list[Item]]) -> None:
    [item] = items_of(write("items.csv", "item_id,title\n1,Songs (1995)\n"))
    assert (item.title, item.year) == ("Songs (1995)", None)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1, 2]", "line 2: '[1, 2]' is not a JSON object"),
        ('{"item_id": ', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"item_id": ' + "[" * 900 + "]" * 900 + "}", "is not JSON that can be read"),
        (
            '{"item_id": "1", "title": "\\ud800"}',
            "line 2, column 'title': '\\ud800' holds a NUL or half of a character",
        ),
        ('{"item_id": "1", "title": "a\\u0000"}', "holds a NUL"),
        ('{"item_id": "1"}', "line 2, column 'title': is empty"),
    ],
)
def test_bad_json_line(
    line: str, message: str, write: Write, items_of: Callable[..., list[Item]], options: Callable[..., ReadOptions]
) -> None:
    path = write("items.jsonl", '{"item_id": "0", "title": "A"}\n' + line + "\n")
    with pytest.raises(DataError) as caught:
        items_of(path)
    assert message in str(caught.value)
    skipped = Skipped()
    assert list(read_items(path, options(on_error="skip"), skipped)) == [Item("0", "A")]
    assert skipped.count == 1


def test_json_values_of_any_type(write: Write, items_of: Callable[..., list[Item]]) -> None:
    line = '{"item_id": 7.0, "title": "A", "available": false, "price": 9.5, "size": {"w": 1}, "none": null}'
    assert items_of(write("items.jsonl", line)) == [
        Item("7", "A", available=False, facets={"price": "9.5", "size": '{"w": 1}'})
    ]


def test_a_json_key_that_only_a_late_line_has(write: Write, items_of: Callable[..., list[Item]]) -> None:
    early = '{"item_id": "1", "title": "A"}\n' * 1500
    late = '{"item_id": "2", "title": "B", "year": 1999, "brand": "Acme"}\n'
    assert items_of(write("items.jsonl", early + late))[-1] == Item("2", "B", year=1999, facets={"brand": "Acme"})
