"""The adapters that come with Foretaste: small, whole, found by their names and by the events they were tuned on."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.adapters import Adapters, at_folder
from agent.shipped import shipped, shipped_folders
from workspace.home import Home

LARGEST = 5_000_000


@pytest.mark.parametrize("folder", shipped_folders(), ids=lambda folder: folder.name)
def test_each_is_whole_small_and_bears_its_folders_name(folder: Path) -> None:
    version = at_folder(folder)  # checks every file's sum
    assert version.card.name == folder.name
    assert version.card.command.startswith("foretaste ")
    assert sum(file.stat().st_size for file in folder.rglob("*")) < LARGEST
    assert shipped(folder.name) == folder


def test_one_is_found_by_the_events_it_was_tuned_on(tmp_path: Path) -> None:
    adapters = Adapters(Home.at(tmp_path))
    card = at_folder(shipped("loo-head") or tmp_path).card
    assert card.protocol == "leave-one-out"
    assert [one.card.name for one in adapters.made_on(card.fit_hash)] == ["loo-head", "loo"]
    later = at_folder(shipped("prequential") or tmp_path).card
    assert (later.protocol, later.cut is None) == ("prequential", False)
    assert [one.card.name for one in adapters.made_on(later.fit_hash)] == ["prequential"]
    assert not adapters.names()  # the home holds none
    assert not adapters.made_on("another")


def test_a_name_that_none_bears_finds_none() -> None:
    assert shipped("nobody") is None
