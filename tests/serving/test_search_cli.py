"""`foretaste search` as a user meets it, with the fake encoder and with the real one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.fit import fit
from agent.knowledge import Knowledge
from agent.options import FitOptions, Recipe
from agent.resources import Resources
from agent.search import search
from history.records import Event, Item
from serving.cli import main as cli
from workspace.home import Home
from workspace.settings import Settings

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one search; gives its exit code, output and errors."""

    def once(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(
            sys, "argv", ["foretaste", "--home", str(tmp_path / "home"), "search", *map(str, arguments)]
        )
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capsys.readouterr()

    return once


@pytest.fixture
def fitted(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> Resources:
    """A fitted home whose resources the command is given."""
    fit(resources, FitOptions(language_targets=0, recipe=Recipe.short))
    monkeypatch.setattr(Resources, "at", lambda *_: resources)
    return resources


def test_it_prints_a_list_or_json(run: Run, fitted: Resources) -> None:
    code, out, err = run("Copper Castle", "-k", 3)
    assert code == 0, err
    assert out.splitlines()[0] == '"Copper Castle"'
    assert "  1. Copper Castle   score " in out
    assert out.count("similarity") == 3
    assert run("Copper", "--user", "u03")[1].startswith('"Copper" for u03, whose taste has a say of 0.5\n')
    found = json.loads(run("Copper Castle", "--user", "u03", "--weight", "0.2", "-k", 99, "--json")[1])
    assert (found["text"], found["user_id"], found["weight"]) == ("Copper Castle", "u03", 0.2)
    assert len(found["items"]) == 32


def test_a_filter(run: Run, fitted: Resources) -> None:
    found = json.loads(run("Copper", "--where", "year>=1980 and year<1990", "-k", 99, "--json")[1])
    assert {item["item_id"] for item in found["items"]} == {f"i{number:02}" for number in range(10)}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "Missing argument"),
        (("",), 2, "TEXT is empty"),
        ((" \t ",), 2, "TEXT is empty"),
        (("1995",), 2, "knows no word of '1995'"),
        (("Copper", "-k", "0"), 2, "k = 0"),
        (("Copper", "--user", "u003"), 1, "unknown user 'u003'; nearest known ids: u00, u03"),
        (("Copper", "--weight", "0.5"), 2, "needs --user"),
        (("Copper", "--user", "u03", "--weight", "1.5"), 2, "--weight 1.5"),
        (("Copper", "--user", "u03", "--weight", "much"), 2, "--weight"),
        (("Copper", "--where", "year>2999"), 2, "leaves no item"),
        (("Copper", "--where", "yeer>1990"), 2, "year"),
    ],
)
def test_wrong_usage_is_explained(
    run: Run, fitted: Resources, arguments: tuple[str, ...], code: int, words: str
) -> None:
    found, _, err = run(*arguments)
    assert found == code, err
    assert words in err
    assert "Traceback" not in err


def test_before_anything_was_imported(run: Run) -> None:
    code, _, err = run("Copper")
    assert code == 1
    assert "run: foretaste import" in err


def test_before_anything_was_fitted(run: Run, resources: Resources) -> None:
    code, _, err = run("Copper")
    assert code == 1
    assert "run: foretaste fit" in err


def test_a_text_cannot_write_on_the_terminal(run: Run, fitted: Resources) -> None:
    code, out, err = run("\x1b[31mCop\x07per\r\n[bold]Castle[/bold] \udcff\u202e{user}")
    assert code == 0, err
    assert out.splitlines()[0] == '"[31mCopper [bold]Castle[/bold] {user}"'
    assert out.isascii()
    long = run("Copper " * 10_000)[1].splitlines()[0]
    assert len(long) == 82
    assert long.endswith('…"')


@pytest.mark.model
def test_the_real_encoder_finds_what_is_meant(real_home: Home, tmp_path: Path) -> None:
    os.symlink(real_home.models, tmp_path / "models")
    resources = Resources.at(Home(tmp_path), Settings())
    films = {
        "alien": Item("alien", "Alien", description="A monster hunts the crew of a spaceship."),
        "heat": Item("heat", "Heat", description="A detective pursues a gang of bank robbers."),
        "harry": Item("harry", "When Harry Met Sally", description="Two friends fall in love over the years."),
        "babe": Item("babe", "Babe", description="A pig on a farm learns to herd sheep."),
    }
    resources.store.add(list(films.values()), [Event("anna", "heat", 1.0), Event("bert", "babe", 2.0)])
    fit(resources, FitOptions(language_targets=0, recipe=Recipe.short))
    know = Knowledge(resources)
    for text, meant in (
        ("frightening creature in outer space", "alien"),
        ("slow-burning crime films", "heat"),
        ("a romance", "harry"),
        ("talking animals for children", "babe"),
    ):
        assert search(know, text, k=1).items[0].item_id == meant
    assert "heat" not in [item.item_id for item in search(know, "slow-burning crime films", "anna").items]
