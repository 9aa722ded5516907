"""The command line as a user meets it: exit codes and messages."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.recommender import Recommender
from agent.resources import Resources
from history.store import Store
from serving.cli import main as cli

EVENTS = "user_id,item_id,timestamp,type\nanna,1,1000,like\nanna,2,2000,like\nbert,1,1500,view\nbert,3,1600,view\n"
ITEMS = (
    "item_id,title,category,year\n1,Alien,Horror,1979\n2,Heat,Crime|Drama,1995\n3,It,Horror,1990\n4,Up,Family,2009\n"
)


@dataclass
class Said:
    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command; the models are the fake ones where a test put them into `resources`."""

    def once(*arguments: object, where: Path = home) -> Said:
        monkeypatch.setattr(sys, "argv", ["foretaste", "--home", str(where), *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return once


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "events.csv").write_text(EVENTS)
    (folder / "items.csv").write_text(ITEMS)
    return folder


@pytest.fixture
def fitted(recommender: Recommender, monkeypatch: pytest.MonkeyPatch) -> Resources:
    """A fitted home whose resources every command is given."""
    resources = recommender.knowledge.resources
    monkeypatch.setattr(Resources, "at", lambda *_: resources)
    return resources


def store_of(home: Path) -> Store:
    return Store(f"sqlite:///{home / 'store.db'}")


def test_import_then_record(run: Run, home: Path, data: Path) -> None:
    said = run("import", data)
    assert said.code == 0, said.err
    assert "4 items, 4 new events, 0 known already" in said.out
    assert run("import", data).out.startswith("4 items, 0 new events, 4 known already")
    assert run("record", "anna", "3", "--type", "dislike", "--at", "3000").out == "recorded\n"
    assert run("record", "anna", "3", "--type", "dislike", "--at", "1970-01-01T00:50:00Z").out.startswith(
        "known already"
    )
    assert store_of(home).timeline("anna").item_ids == ("1", "2", "3")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (EVENTS.replace("2000", "tomorrow"), "line 3"),
        (EVENTS.replace("2000", "964982703http://x.example/?q"), "964982703http"),
        (EVENTS.replace("2000", "99999999999"), "future"),
        (EVENTS.replace("user_id", "uid"), "--map user_id"),
        ("", "empty"),
    ],
)
def test_a_bad_file_changes_nothing(run: Run, home: Path, data: Path, content: str, words: str) -> None:
    run("import", data)
    (data / "events.csv").write_text(content)
    said = run("import", data)
    assert said.code == 1
    assert words in said.err
    assert "Traceback" not in said.err
    assert store_of(home).event_count() == 4


def test_bad_rows_can_be_left_out(run: Run, data: Path) -> None:
    (data / "events.csv").write_text(EVENTS.replace("2000", "tomorrow"))
    said = run("import", "--on-error", "skip", data)
    assert said.code == 0
    assert "3 new events" in said.out
    assert "1 bad rows" in said.err
    assert "tomorrow" in said.err


def test_other_names_encodings_and_a_cut_gzip(run: Run, data: Path) -> None:
    (data / "items.csv").write_bytes(ITEMS.replace("Alien", "Amélie").encode("latin-1"))
    said = run("import", data)
    assert (said.code, "--encoding" in said.err) == (1, True)
    assert run("import", "--encoding", "latin-1", data).code == 0
    whole = gzip.compress(EVENTS.encode() * 500)
    (data / "more.csv.gz").write_bytes(whole[: len(whole) // 2])
    said = run("import", data / "more.csv.gz")
    assert said.code == 1
    assert "more.csv.gz" in said.err
    (data / "mapped.csv").write_text(EVENTS.replace("user_id", "uid").replace("anna", "carl"))
    assert "2 new events" in run("import", "--map", "user_id=uid", data / "mapped.csv").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("recommend",), 2, "name a user"),
        (("recommend", "u00", "--history", "x.csv"), 2, "not both"),
        (("recommend", "nobody"), 1, "nearest known ids"),
        (("recommend", "u00", "-k", "0"), 2, "k = 0"),
        (("recommend", "u00", "--where", "yeer>1990"), 2, "year"),
        (("recommend", "u00", "--where", "year>>1990"), 2, "1990"),
        (("recommend", "u00", "--where", "year>2999"), 2, "leaves no item"),
        (("recommend", "--history", "no-such-file.csv"), 1, "no-such-file.csv"),
        (("record", "u00", "i999"), 1, "unknown item 'i999'; nearest known ids"),
        (("record", "u00", "i01", "--type", "lik"), 2, "known: "),
        (("record", "u00", "i01", "--value", "3"), 2, "type rating"),
        (("record", "u00", "i01", "--type", "rating"), 2, "a rating needs a value"),
        (("record", "u00", "i01", "--type", "rating", "--value", "inf"), 2, "value inf"),
        (("record", "u00", "i01", "--type", "rating", "--value", "99"), 0, ""),
        (("record", "", "i01"), 2, "user is empty"),
        (("record", "a\nb", "i01"), 2, "control character"),
        (("record", "u00", "i01", "--at", "someday"), 2, "time 'someday'"),
        (("items", "withdraw", "i999"), 1, "unknown item"),
        (("import", "nowhere.csv"), 1, "nowhere.csv"),
        (("fetch", "gpt-5"), 1, "smollm2-135m-instruct"),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_wrong_usage_is_explained(
    run: Run, fitted: Resources, arguments: tuple[str, ...], code: int, words: str
) -> None:
    said = run(*arguments)
    assert said.code == code, said.err
    assert words in said.err
    assert "Traceback" not in said.err


def test_recommend_prints_the_list_or_json(run: Run, fitted: Resources) -> None:
    said = run("recommend", "u03", "-k", "3")
    assert said.code == 0, said.err
    assert said.out.count("probability") == 3
    assert "Because you liked" in run("recommend", "u03", "-k", "3", "--no-llm").out
    found = json.loads(run("recommend", "u03", "-k", "3", "--json").out)
    assert len(found["items"]) == 3
    assert json.loads(run("recommend", "u03", "--json", "--no-llm").out)["degraded"]
    plain = json.loads(run("recommend", "u03", "--json", "--no-rationale").out)
    assert plain["items"][0]["rationale"] is None


def test_a_visitor_by_file(run: Run, fitted: Resources, tmp_path: Path) -> None:
    path = tmp_path / "visit.csv"
    path.write_text("item_id,timestamp,type\ni00,2000,like\ni04,1000,like\n")
    said = run("recommend", "--history", path, "-k", "2", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert {entry["item_id"] for entry in found["items"][0]["rationale"]["evidence"]} <= {"i00", "i04"}
    assert "visitor" not in fitted.store.user_ids()


def test_a_visitor_without_history_gets_popular_items_and_is_told_so(
    run: Run, fitted: Resources, tmp_path: Path
) -> None:
    path = tmp_path / "visit.csv"
    path.write_text("item_id,timestamp\n")
    said = run("recommend", "--history", path, "-k", "2")
    assert said.code == 0, said.err
    assert said.out.count("no history of yours yet") == 2


def test_a_rating_above_the_scale_is_refused(run: Run, data: Path) -> None:
    ratings = "user_id,item_id,timestamp,rating\nanna,1,1000,4\nanna,2,2000,5\n"
    (data / "events.csv").write_text(ratings)
    assert run("import", data).code == 0
    (data / "events.csv").write_text(ratings.replace("1000,4", "1001,11"))
    said = run("import", data)
    assert said.code == 1
    assert "11 lies above this store's scale of 5" in said.err


def test_importing_an_item_again_leaves_it_withdrawn(run: Run, home: Path, data: Path) -> None:
    run("import", data)
    run("items", "withdraw", "1")
    run("import", data / "items.csv")
    assert not store_of(home).catalogue()["1"].available


def test_withdraw_and_restore(run: Run, fitted: Resources) -> None:
    assert run("items", "withdraw", "i01").out == "withdrawn: i01\n"
    assert not fitted.store.catalogue()["i01"].available
    run("items", "restore", "i01")
    assert fitted.store.catalogue()["i01"].available


def test_without_data_it_says_what_to_run(run: Run) -> None:
    said = run("recommend", "196")
    assert said.code == 1
    assert "foretaste import" in said.err


def test_fit_says_what_each_part_earned(run: Run, fitted: Resources) -> None:
    said = run("fit", "--no-llm")
    assert said.code == 0, said.err
    assert "40 items indexed" in said.out
    assert "all together" in said.out
    assert "tower" in said.out


def test_doctor_tells_what_to_do(run: Run) -> None:
    said = run("doctor")
    assert said.code == 1
    assert "foretaste fetch" in said.out
    assert "foretaste import" in said.out


def test_help_lists_every_command_with_an_example(run: Run) -> None:
    for name in cli.COMMANDS:
        said = run(name, "--help")
        assert said.code == 0
        assert "Example" in said.out or name in ("items", "keys")


def test_forget_asks_and_erases_all_of_one_user(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "events.csv").write_text(EVENTS)
    run("import", tmp_path / "events.csv")
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    refused = run("forget", "anna")
    store = Store(f"sqlite:///{home / 'store.db'}")
    assert refused.code == 1
    assert len(store.timeline("anna")) == 2
    assert "erased 2 events" in run("forget", "anna", "--yes").out
    assert store.user_ids() == ["bert"]
    missing = run("forget", "anna", "--yes")
    assert missing.code == 1
    assert "unknown user 'anna'" in missing.err
