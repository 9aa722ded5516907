"""The main job with the real models and the real data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.fit import fit
from agent.knowledge import Knowledge
from agent.options import FitOptions, Recipe
from agent.recommender import Recommender
from agent.resources import Resources
from history.importing import import_dataset
from history.reading import ReadOptions, Skipped, find_dataset
from workspace.assets import asset_folder
from workspace.home import Home
from workspace.settings import Settings

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def movielens(real_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    """MovieLens-100K imported and fitted in a home of its own that borrows the fetched models."""
    home = Home(tmp_path_factory.mktemp("movielens"))
    os.symlink(real_home.models, home.root / "models")
    resources = Resources.at(home, Settings())
    files = find_dataset([asset_folder(home, "movielens-100k")])
    stored = import_dataset(resources.store, files, ReadOptions(), Skipped())
    assert (stored.items, stored.events, stored.relations) == (1_682, 100_000, 0)
    report = fit(resources, FitOptions(targets=300, language_targets=8, recipe=Recipe.short))
    assert report.retriever > report.earned["popularity"].alone > report.uniform
    return Recommender(Knowledge(resources))


def test_five_films_with_reasons_from_what_the_user_watched(movielens: Recommender) -> None:
    answer = movielens.recommend("196", 5)
    catalogue = movielens.knowledge.catalogue
    watched = {catalogue[item_id].title for item_id in movielens.knowledge.store.timeline("196").item_ids}
    assert len(answer.items) == 5
    assert "smollm2" in answer.engine
    for item in answer.items:
        assert item.rationale
        assert item.title not in watched
        assert item.rationale.evidence
        for entry in item.rationale.evidence:
            assert entry.title in watched
            assert f'"{entry.title}"' in item.rationale.text


def test_the_same_request_gives_the_same_list(movielens: Recommender) -> None:
    lists = [[item.item_id for item in movielens.recommend("22", 10, rationale=False).items] for _ in range(2)]
    assert lists[0] == lists[1]


def test_a_damaged_model_is_refused(real_home: Home, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(asset_folder(real_home, "all-minilm-l6-v2"), tmp_path / "models" / "all-minilm-l6-v2")
    weights = tmp_path / "models" / "all-minilm-l6-v2" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    script = "from workspace.models import model_source as s; from workspace.home import Home; import sys\n"
    script += "s(Home.at(sys.argv[1]), 'all-minilm-l6-v2')"
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True)
    assert "model.safetensors is damaged" in done.stderr
    assert "foretaste fetch all-minilm-l6-v2 --again" in done.stderr


def test_the_packages_load_from_this_repository() -> None:
    import agent
    import engine
    import history

    root = Path(__file__).parents[2]
    assert {Path(module.__file__ or "").parents[1] for module in (agent, engine, history)} == {root}
