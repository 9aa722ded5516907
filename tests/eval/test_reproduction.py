"""On MovieLens-100K peers give the figures that are known for them, and our retrieval is ahead of them."""

import os
from pathlib import Path

import pytest

from agent.options import Recipe
from agent.resources import Resources
from eval.evaluate import EvaluateOptions, evaluate
from history.importing import import_dataset
from history.reading import ReadOptions, Skipped, find_dataset
from workspace.assets import asset_folder
from workspace.home import Home

# NDCG@10: the mean to reproduce, and how far from it a peer may lie, relative
KNOWN = {
    "leave-one-out": {
        "popular": (0.0443, 0.02),
        "markov-last": (0.0901, 0.02),
        "markov": (0.1084, 0.02),
        "item-knn": (0.0616, 0.02),
        "item-knn-recency": (0.1087, 0.02),
        "ease": (0.0723, 0.02),
        "ease-recency": (0.1031, 0.02),
        "ials": (0.0777, 0.15),
    },
    "prequential": {
        "popular": (0.0351, 0.02),
        "markov-last": (0.0821, 0.02),
        "markov": (0.1023, 0.02),
        "item-knn": (0.0706, 0.02),
        "item-knn-recency": (0.1061, 0.02),
        "ease": (0.0803, 0.02),
        "ease-recency": (0.1081, 0.02),
        "tfidf": (0.0202, 0.15),
    },
}


@pytest.fixture(scope="module")
def movielens(real_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Resources:
    home = Home(tmp_path_factory.mktemp("movielens"))
    os.symlink(real_home.models, home.root / "models")
    resources = Resources.at(home)
    files = find_dataset([asset_folder(real_home, "movielens-100k")])
    import_dataset(resources.store, files, ReadOptions(), Skipped())
    return resources


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("protocol", KNOWN)
def test_peers_reproduce(protocol: str, movielens: Resources, tmp_path: Path) -> None:
    results = evaluate(movielens, protocol, tuple(KNOWN[protocol]))
    for name, (expected, tolerance) in KNOWN[protocol].items():
        assert results.systems[name]["ndcg@10"].mean == pytest.approx(expected, rel=tolerance), name
    if protocol == "prequential":
        assert len(results.split.test.cases) == 9_616
        assert results.systems["ease"]["ndcg@10"].n == 166


@pytest.mark.slow
@pytest.mark.model
def test_the_short_recipe_is_ahead_of_the_best_peer(movielens: Resources) -> None:
    options = EvaluateOptions(recipe=Recipe.short)
    results = evaluate(movielens, "leave-one-out", ("item-knn-recency", "retrieval"), options)
    (found,) = results.comparisons
    assert found.better == "retrieval"
    assert found.difference.low > 0
    assert results.systems["retrieval"]["ndcg@10"].mean > 0.125
    assert results.systems["retrieval"]["recall@50"].mean > 0.52
