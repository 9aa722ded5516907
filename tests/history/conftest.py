"""A small data set, and readers that give plain lists."""

from collections.abc import Callable
from pathlib import Path

import pytest

from history.catalogue import Catalogue
from history.reading import ReadOptions, Skipped, Source, read_events, read_items
from history.records import Event, Item

NOW = 1_700_000_000.0


@pytest.fixture
def small_events() -> list[Event]:
    return [
        Event("u1", "10", 881250949.0, "rating", 4.0),
        Event("u1", "11", 881250950.0, "rating", 2.5),
        Event("u2", "10", 891717742.0, "rating", 5.0),
    ]


@pytest.fixture
def small_items() -> list[Item]:
    return [
        Item("10", "Alien", categories=("Horror", "Sci-Fi"), year=1979),
        Item("11", "Amélie", categories=("Comedy",), year=2001),
        Item("12", "Unsorted"),
    ]


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(
        [
            Item("10", "Alien", "In space", ("Horror", "Sci-Fi"), 1979, facets={"brand": "Fox", "price": "9.90"}),
            Item("11", "Amélie", "", ("Comedy", "Romance"), 2001, facets={"tags": "paris|whimsical"}),
            Item("12", "Children's Hour", "", ("Drama",), None, available=False),
            Item("13", "Heat", "", ("Crime", "Drama"), 1995, facets={"price": "12"}),
        ]
    )


@pytest.fixture
def options() -> Callable[..., ReadOptions]:
    return lambda **fields: ReadOptions(**{"now": NOW, **fields})


@pytest.fixture
def events_of(options: Callable[..., ReadOptions]) -> Callable[..., list[Event]]:
    def read(source: Path | Source, **fields: object) -> list[Event]:
        return list(read_events(source, options(**fields), Skipped()))

    return read


@pytest.fixture
def items_of(options: Callable[..., ReadOptions]) -> Callable[..., list[Item]]:
    def read(source: Path | Source, **fields: object) -> list[Item]:
        return list(read_items(source, options(**fields), Skipped()))

    return read


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file
