"""Settings of tuning by name, and the command that gave them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.adapters import Card
from serving.cli.main import app
from tests.tuning.tuned_home import opened
from tuning.options import TuneOptions
from workspace.errors import UsageError
from workspace.home import Home


def test_settings_are_given_by_name() -> None:
    found = TuneOptions().told(["epochs=3", "rate=2e-4", "tower=true", "start=there"])
    assert found == TuneOptions(epochs=3, rate=2e-4, tower=True, start="there")


@pytest.mark.parametrize(
    ("pair", "told"), [("epoch=3", "'epoch' is no setting of tuning; known: epochs, "), ("epochs=x", "epochs = 'x': ")]
)
def test_what_is_no_setting_is_refused(pair: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        TuneOptions().told([pair])


@pytest.mark.model
def test_a_card_holds_the_command_that_makes_it_again(
    tmp_path: Path, real_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = opened(tmp_path, real_home).home.root
    found: dict[str, Any] = {}

    def noted(*given: Any) -> Card:
        found.update(name=given[3], options=given[4], command=given[6])
        raise UsageError("enough")

    monkeypatch.setattr("tuning.tune.tune", noted)
    words = [
        "tune",
        "--protocol",
        "leave-one-out",
        "--soft",
        "0.5",
        "--tower",
        "--set",
        "tokens=750",
        "--set",
        "others=3",
    ]
    outcome = CliRunner().invoke(app, ["--home", str(home), *words, "--name", "mine"])
    assert "enough" in str(outcome.exception)
    assert found == {
        "name": "mine",
        "options": replace(TuneOptions(), soft=0.5, tower=True, tokens=750, others=3),
        "command": " ".join(["foretaste", *words, "--name mine"]),
    }
