"""Triples, from a file to the facets of an item."""

import gzip
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from history.importing import import_dataset
from history.reading import ReadOptions, Skipped, find_dataset, read_relations
from history.reading.relations import last_part
from history.records import Item, Relation
from history.store import Store, Stored
from history.where import compile_where
from workspace.errors import DataError

Write = Callable[[str, str | bytes], Path]
ITEMS = "item_id,title,director,year\n1,Alien,R. Scott,1979\n2,Heat,Mann,1995\n"
TRIPLES = "item_id,relation,value\n1,director,Ridley Scott\n1,tags,space\n2,tags,heist\n1,tags,cat|space\n9,tags,lost\n"
GRAPH = (
    "head_id:token\trelation_id:token\ttail_id:token\n"
    "m.s\tfilm.director.film\tm.a\n"
    "m.a\tfilm.film.directed_by\tm.s\n"
    "m.a\tfilm.film.actor\tm.w\n"
    "m.a\tfilm.film.actor\tm.h\n"
    "m.a\tfilm.film.actor\tm.w\n"
    "m.x\tfilm.film.actor\tm.w\n"
)
LINK = "item_id:token\tentity_id:token\n1\tm.a\n3\tm.a\n2\tm.b\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'store.db'}")


def imported(store: Store, *paths: Path, skipped: Skipped | None = None, **fields: object) -> Stored:
    options = ReadOptions(**fields)  # type: ignore[arg-type]
    return import_dataset(store, find_dataset(paths, options), options, skipped or Skipped())


def relations(*paths: Path, **fields: object) -> list[Relation]:
    options = ReadOptions(**fields)  # type: ignore[arg-type]
    return list(read_relations(find_dataset(paths, options), options, Skipped()))


EXPECTED = [
    Relation("1", "director", "Ridley Scott"),
    Relation("1", "tags", "space|cat"),
    Relation("2", "tags", "heist"),
    Relation("9", "tags", "lost"),
]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("triples.csv", TRIPLES),
        ("triples.tsv.gz", gzip.compress(TRIPLES.replace(",", "\t").encode())),
        ("any.csv", TRIPLES),
        (
            "triples.jsonl",
            "\n".join(
                f'{{"item_id": {item_id}, "relation": "{name}", "value": {value}}}'
                for item_id, name, value in [
                    (1, "director", '"Ridley Scott"'),
                    (1, "tags", '"space"'),
                    (2, "tags", '"heist"'),
                    (1, "tags", '["cat", "space"]'),
                    (9, "tags", '"lost"'),
                ]
            ),
        ),
    ],
)
def test_a_plain_file_of_triples(name: str, content: str | bytes, write: Write) -> None:
    assert relations(write(name, content)) == EXPECTED


def test_columns_of_triples_can_be_renamed(write: Write) -> None:
    path = write("facts.csv", "film,what,who\n1,director,Scott\n")
    renames = {"item_id": "film", "relation": "what", "value": "who"}
    assert relations(path, renames=renames) == [Relation("1", "director", "Scott")]


def test_a_map_of_the_events_value_leaves_triples_alone(write: Write, tmp_path: Path) -> None:
    write("events.csv", "user_id,item_id,timestamp,stars\nu,1,1,4\n")
    write("triples.csv", TRIPLES)
    assert relations(tmp_path, renames={"value": "stars"}) == EXPECTED


def test_a_graph_counts_where_its_head_is_an_item(write: Write) -> None:
    paths = [write("small.kg", GRAPH), write("small.link", LINK)]
    found = [Relation("1", "directed_by", "m.s", True), Relation("1", "actor", "m.w|m.h", True)]
    found += [Relation("3", entry.name, entry.text, True) for entry in found]
    assert sorted(relations(*paths), key=lambda entry: entry.item_id) == found


@pytest.mark.parametrize(
    ("name", "last"),
    [("film.film.actor", "actor"), ("http://x.org/ns#knows", "knows"), ("http://x.org/made/", "made"), ("..", "..")],
)
def test_the_last_part_of_a_relations_name(name: str, last: str) -> None:
    assert last_part(name) == last


def test_a_folder_brings_its_triples_and_its_graph(write: Write, tmp_path: Path, store: Store) -> None:
    write("data/items.csv", ITEMS)
    write("data/triples.csv", TRIPLES)
    write("data/small.kg", GRAPH)
    write("data/small.link", LINK)
    for _ in range(2):
        assert imported(store, tmp_path / "data").relations == 8
        catalogue = store.catalogue()
        assert list(catalogue.values()) == [
            Item(
                "1",
                "Alien",
                year=1979,
                facets={"director": "Ridley Scott", "tags": "space|cat"},
                entities={"directed_by": "m.s", "actor": "m.w|m.h"},
            ),
            Item("2", "Heat", year=1995, facets={"director": "Mann", "tags": "heist"}),
        ]
    for text, ids in [("director='Ridley Scott'", "1"), ("tags=CAT", "1"), ("actor=m.h", "1"), ("tags!=heist", "1")]:
        test = compile_where(text, catalogue)
        assert [item.item_id for item in catalogue.values() if test(item)] == ids.split()


def test_triples_and_items_come_in_any_order(write: Write, store: Store) -> None:
    imported(store, write("triples.csv", TRIPLES))
    assert len(store.catalogue()) == 0
    imported(store, write("items.csv", ITEMS + "9,Late,,\n"))
    first = store.catalogue()
    assert first["9"] == Item("9", "Late", facets={"tags": "lost"})
    changed = "item_id,relation,value\n2,tags,crime\n"
    assert imported(store, write("more.csv", changed)) == Stored(0, 0, 0, relations=1)
    assert store.catalogue()["2"] == Item("2", "Heat", year=1995, facets={"director": "Mann", "tags": "crime"})
    imported(store, write("items.csv", ITEMS.replace("Alien", "Aliens")))
    assert store.catalogue()["1"].title == "Aliens"
    assert store.catalogue()["1"].facets == first["1"].facets


@pytest.mark.parametrize(
    ("name", "row", "message"),
    [
        ("triples.csv", ",tags,x", "column 'item_id': is empty"),
        ("triples.csv", "1, ,x", "column 'relation': is empty"),
        ("triples.csv", "1,tags,", "column 'value': is empty"),
        ("triples.csv", "1,tags,a\x01b", "column 'value': 'a\\x01b' holds a control character"),
        ("triples.csv", "1,tags", "2 fields where 3 are wanted (item_id, relation, value)"),
        ("small.kg", "m.a\tfilm.film.actor\t", "column 'tail_id': is empty"),
        ("small.link", "\tm.a", "column 'item_id': is empty"),
    ],
)
def test_a_bad_row_is_told_or_left_out(name: str, row: str, message: str, write: Write, tmp_path: Path) -> None:
    files = {"items.csv": ITEMS, "triples.csv": TRIPLES, "small.kg": GRAPH, "small.link": LINK}
    folder = tmp_path / "data"
    for file, content in files.items():
        write(f"data/{file}", content + (row + "\n" if file == name else ""))
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    line = files[name].count("\n") + 1
    with pytest.raises(DataError) as caught:
        imported(store, folder)
    assert str(caught.value).startswith(f"{folder / name}, line {line}")
    assert message in str(caught.value)
    assert "--on-error skip" in str(caught.value)
    assert len(store.catalogue()) == 0

    skipped = Skipped()
    assert imported(store, folder, skipped=skipped, on_error="skip").relations == 8
    assert skipped.count == 1


@pytest.mark.parametrize(("name", "content", "other"), [("a.kg", GRAPH, "NAME.link"), ("a.link", LINK, "NAME.kg")])
def test_a_graph_without_its_links_is_refused(
    name: str, content: str, other: str, write: Write, tmp_path: Path
) -> None:
    path = write(name, content)
    write("items.csv", ITEMS)
    for paths in ([path], [tmp_path]):
        with pytest.raises(DataError, match=f"{name}: is of use with its {other} alone"):
            find_dataset(paths)


def test_a_graph_with_another_column_is_told(write: Write) -> None:
    paths = [write("a.kg", GRAPH.replace("tail_id", "tail")), write("a.link", LINK)]
    with pytest.raises(DataError, match="a.kg: no column 'tail_id'; .*--map tail_id=tail"):
        relations(*paths)
    assert len(relations(*paths, renames={"tail_id": "tail"})) == 4


def test_a_store_from_before_relations_is_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store(f"sqlite:///{path}").add([Item("1", "Alien")])
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE relations")
        connection.execute("DROP TABLE conversations")
        connection.execute("DROP TABLE attributions")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    store = Store(f"sqlite:///{path}")
    store.add(relations=[Relation("1", "actor", "m.w", True)])
    assert store.catalogue()["1"].entities == {"actor": "m.w"}
