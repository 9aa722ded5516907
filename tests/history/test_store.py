import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect

from history.records import Event, Item
from history.store import Store
from workspace.errors import DataError, StoreError, UnknownName


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'store.db'}")


def film(item_id: str = "1", title: str = "Alien") -> Item:
    return Item(item_id, title, "In space", ("Horror", "Sci-Fi"), 1979, "a.png", True, {"director": "Scott"})


def test_an_item_comes_back_as_it_was_stored(store: Store) -> None:
    store.add([film()])
    assert store.catalogue()["1"] == film()


def test_an_item_of_the_same_id_replaces_the_earlier_and_keeps_its_place(store: Store) -> None:
    store.add([film("1"), film("2")])
    store.add([film("1", "Aliens")])
    assert [(item.item_id, item.title) for item in store.catalogue().values()] == [("1", "Aliens"), ("2", "Alien")]


def test_equal_timestamps_keep_the_order_in_which_they_came(store: Store) -> None:
    store.add(events=[Event("u", item, 5.0) for item in "cab"] + [Event("u", "z", 1.0)])
    assert store.timeline("u").item_ids == ("z", "c", "a", "b")


def test_the_same_event_is_stored_once(store: Store) -> None:
    events = [Event("u", "a", 1.0, "view"), Event("u", "a", 1.0, "like")]
    assert store.add(events=events).events == 2
    again = store.add(events=[*events, events[0]])
    assert (again.events, again.known_events) == (0, 3)
    assert len(store.timeline("u")) == 2


def test_a_write_that_fails_midway_keeps_nothing(store: Store) -> None:
    def events() -> Iterator[Event]:
        for number in range(12_000):
            yield Event("u", str(number), float(number))
        raise DataError("row 12,001 is bad")

    with pytest.raises(DataError, match="row 12,001"):
        store.add([film()], events())
    assert store.event_count() == 0
    assert len(store.catalogue()) == 0


def test_the_index_by_user_outlasts_a_first_import_and_one_that_failed(store: Store) -> None:
    def indexes() -> list[str | None]:
        return [index["name"] for index in inspect(store._engine).get_indexes("events")]

    with pytest.raises(UnicodeEncodeError):
        store.add(events=[Event("u", "a", 1.0), Event("u", "half \ud800", 1.0)])
    assert indexes() == ["events_by_user"]
    store.add(events=[Event("u", "a", 1.0)])
    assert indexes() == ["events_by_user"]


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    store.add(events=[Event("u", "a", 1.0)])

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=60")

    from sqlalchemy import event

    store._engine.dispose()
    event.listen(store._engine, "connect", limit)
    with pytest.raises(StoreError, match=r"full.*free some room"):
        store.add(events=[Event("u", str(number), float(number), text="x" * 100) for number in range(20_000)])
    assert store.event_count() == 1


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match="damaged"):
        Store(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"this is no database")


@pytest.mark.parametrize("url", ["nonsense", "oracle9://x", "sqlite:////no/such/folder/x.db"])
def test_a_wrong_address_is_explained(url: str) -> None:
    with pytest.raises(StoreError, match=r"sqlite:///|cannot be opened"):
        Store(url)


def test_an_unknown_user_is_answered_with_the_nearest_ids(store: Store) -> None:
    store.add(events=[Event("anna", "a", 1.0), Event("bert", "a", 1.0)])
    with pytest.raises(UnknownName, match="unknown user 'ana'; nearest known ids: anna"):
        store.timeline("ana")


def test_an_unknown_item_is_answered_with_the_nearest_ids(store: Store) -> None:
    store.add([film("m123"), film("x9")])
    with pytest.raises(UnknownName, match="unknown item 'm12'; nearest known ids: m123"):
        store.catalogue()["m12"]


def test_real_times_and_places_in_an_order_do_not_mix(store: Store) -> None:
    store.add(events=[Event("u", "a", 1.0)], order_only=True)
    with pytest.raises(DataError, match="order only"):
        store.add(events=[Event("u", "b", 1.0)], order_only=False)
    assert store.order_only()


def test_timelines_stream_every_user_in_order(store: Store) -> None:
    store.add(events=[Event(user, item, 1.0) for item in "ab" for user in ("v", "u")])
    assert [(line.user_id, line.item_ids) for line in store.timelines()] == [("u", ("a", "b")), ("v", ("a", "b"))]


def test_opening_twice_migrates_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    Store(url).add(events=[Event("u", "a", 1.0)])
    assert Store(url).event_count() == 1


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match="newer Foretaste"):
        Store(f"sqlite:///{path}")


def test_sqlite_is_durable(store: Store) -> None:
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
