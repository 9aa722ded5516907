"""`foretaste interests` as a user meets it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.fit import fit
from agent.options import FitOptions, Recipe
from agent.resources import Resources
from serving.cli import main as cli
from tests.conftest import FakeEngine, made_items

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(resources: Resources, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    fit(resources, FitOptions(language_targets=0, recipe=Recipe.short))
    monkeypatch.setattr(Resources, "at", lambda *_: resources)

    def once(*arguments: object, command: str = "interests") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["foretaste", command, *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capsys.readouterr()

    return once


def test_interests_are_told_as_words_as_json_and_as_a_picture(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("u00")
    assert code == 0
    assert out.startswith("u00, 8 events, lately Comedy")
    assert "\n  next: Comedy" in out
    code, out, _ = run("u00", "--json", "--plot", tmp_path / "u00.html")
    told = json.loads(out)
    assert told["now"][0]["topic"] == told["next"][0]["topic"] == "Comedy"
    assert len(told["next_items"]) == 5
    assert (tmp_path / "u00.html").read_text().count("<title>") == 9


def test_topics_are_listed_with_what_is_typical(run: Run) -> None:
    def once(*arguments: str) -> list[str]:
        code, out, _ = run(*arguments, command="topics")
        assert code == 0
        return out.splitlines()

    told = [json.loads(line) for line in once("--json", "--items", "2")]
    assert sum(one["share"] for one in told) == pytest.approx(1.0)
    assert all(len(one["items"]) == 2 for one in told)
    shown = once()
    assert len(shown) == len(told) == 4
    assert all(f"{one['topic']}, 10 items: " in line for one, line in zip(told, shown, strict=True))


def test_wrong_usage_is_explained(run: Run, tmp_path: Path) -> None:
    code, _, err = run("u00", "--plot", tmp_path / "u00.pdf")
    assert code == 2
    assert "ends in .png or .html" in err
    code, _, err = run("nobody")
    assert code == 1
    assert "nobody" in err
    code, _, err = run("u00", "--plot", tmp_path / "missing" / "u00.png")
    assert code == 1
    assert "No such file or directory" in err


def test_a_sequence_is_written_over_titles_that_there_are(run: Run, engine: FakeEngine) -> None:
    code, out, _ = run("u01", "--sequence", 2, "--json")
    assert code == 0
    told = json.loads(out)
    titles = {item.title for item in made_items()}
    assert len({item["title"] for item in told["sequence"]} & titles) == 2
    assert engine.stems[-1].text.count("liked") == 8
    code, out, _ = run("u01", "--sequence", 2)
    assert "\n  one after another: " + "; ".join(item["title"] for item in told["sequence"]) in out
