"""Peers on MovieLens-100K give the figures that are known for them."""

from pathlib import Path

import pytest

from agent.knowledge import Resources
from eval.evaluate import evaluate
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
    resources = Resources.at(Home.at(tmp_path_factory.mktemp("movielens") / "home"))
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
