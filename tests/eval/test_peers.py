"""Each closed-form peer against its formula, written out slowly; and no peer sees past the cut."""

from dataclasses import replace

import numpy as np
import pytest

from agent.resources import Resources
from eval.interactions import Interactions, read_interactions
from eval.lineup import SYSTEMS, WITHOUT_NETWORKS, Scene, build
from eval.peers.baselines import Popular, Random
from eval.peers.content import Content, tfidf
from eval.peers.ease import Ease
from eval.peers.ials import IALS
from eval.peers.item_knn import ItemKNN
from eval.peers.markov import Markov
from eval.protocols.leave_one_out import leave_one_out
from eval.protocols.prequential import prequential
from eval.protocols.split import Case, Split
from eval.ranking import rankable
from eval.systems import System

CLOSED = ("item-knn", "item-knn-recency", "ease", "ease-recency", "markov", "markov-last", "ials", "popular", "tfidf")


@pytest.fixture
def split(walks: Interactions) -> Split:
    return leave_one_out(walks)


def values(system: System, split: Split, cases: tuple[Case, ...] = ()) -> np.ndarray:
    system.fit(split)
    found = system.score(cases or split.test.cases).values
    assert found is not None
    return found


def test_popular_counts(split: Split) -> None:
    counts = np.bincount(split.test.events.items, minlength=30)
    assert (values(Popular(), split) == counts).all()


def test_markov_is_its_formula(split: Split) -> None:
    events = split.test.events
    counts = np.zeros((30, 30))
    for user in np.unique(events.users):
        items = events.items[events.users == user]
        for place, item in enumerate(items):
            for gap in (1, 2, 3):
                if place + gap < len(items):
                    counts[item, items[place + gap]] += 1 / gap
    rows = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
    found = values(Markov(window=3, last=2, decay=0.7), split)
    for case, row in zip(split.test.cases, found, strict=True):
        assert row == pytest.approx(rows[case.history[-1]] + 0.7 * rows[case.history[-2]])


def test_item_knn_is_its_formula(split: Split) -> None:
    x = split.test.events.matrix.toarray()
    together = x.T @ x
    roots = np.sqrt(x.sum(axis=0))
    similar = together / (np.outer(roots, roots) + 2.0)
    np.fill_diagonal(similar, 0)
    for column in similar.T:
        column[np.argsort(-column, kind="stable")[25:]] = 0
    found = values(ItemKNN(k=29, shrink=2.0, decay=0.5), split)
    few = values(ItemKNN(k=25, shrink=2.0, decay=0.5), split)
    full = together / (np.outer(roots, roots) + 2.0)
    np.fill_diagonal(full, 0)
    for case, row, narrow in zip(split.test.cases, found, few, strict=True):
        q = 0.5 ** np.arange(len(case.history))[::-1]
        assert row == pytest.approx(q @ full[case.history])
        assert (narrow <= row + 1e-12).all()
    assert few.sum() < found.sum()


def test_ease_solves_its_least_squares(split: Split) -> None:
    x = split.test.events.matrix.toarray()
    target = 7
    others = [item for item in range(30) if item != target]
    left = x[:, others].T @ x[:, others] + 5.0 * np.eye(29)
    expected = np.linalg.solve(left, x[:, others].T @ x[:, target])
    system = Ease(5.0)
    values(system, split)
    assert system._weights[others, target] == pytest.approx(expected)
    assert (np.diag(system._weights) == 0).all()


def test_ials_learns_what_goes_together(split: Split) -> None:
    x = split.test.events.matrix.toarray()
    cases = tuple(replace(case, history=case.history) for case in split.test.cases)
    found = values(IALS(factors=8, rounds=10), split, cases)
    had = np.array([x[case.user].astype(bool) for case in cases])
    assert found[had].mean() > 3 * found[~had].mean()
    assert (values(IALS(factors=8, rounds=10), split) == found).all()


def test_tfidf_finds_the_nearest_words(resources: Resources) -> None:
    split = leave_one_out(read_interactions(resources.store))
    vectors = tfidf(split.test.events.catalogue)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)
    found = values(Content("tfidf", tfidf), split)
    last = split.test.cases[0].history[-1]
    assert found[0].argmax() == last


def test_a_random_order_depends_on_the_case_alone(split: Split) -> None:
    whole = values(Random(3), split)
    alone = values(Random(3), split, split.test.cases[4:5])
    assert (whole[4:5] == alone).all()
    assert not (values(Random(4), split) == whole).any()


@pytest.mark.parametrize("name", ["random", "popular", "retrieval"])
def test_probabilities_sum_to_one_over_what_is_ranked(name: str, resources: Resources) -> None:
    split = leave_one_out(read_interactions(resources.store))
    system = build(name, Scene(resources, "leave-one-out"))
    system.fit(split)
    log_p = system.score(split.test.cases).log_p
    assert log_p is not None
    assert np.exp(log_p).sum(axis=1) == pytest.approx(1)
    assert (np.isfinite(log_p) == rankable(split.test.cases, 40)).all()


@pytest.mark.parametrize("name", [*WITHOUT_NETWORKS, "minilm", "retrieval"])
@pytest.mark.parametrize("protocol", ["leave-one-out", "prequential"])
def test_every_system_answers_an_empty_history_and_any_batch_alike(
    name: str, protocol: str, resources: Resources
) -> None:
    split = leave_one_out(read_interactions(resources.store))
    system = build(name, Scene(resources, protocol))
    system.fit(split)
    case = replace(split.test.cases[0], history=np.array([], np.int64), place=0)
    found = system.score([case, *split.test.cases[:3]]).values
    alone = system.score(split.test.cases[1:2]).values
    assert found is not None and alone is not None
    assert found.shape == (4, 40)
    assert not np.isnan(found).any()
    assert np.allclose(found[2], alone[0])


@pytest.mark.parametrize("name", [*WITHOUT_NETWORKS, "minilm", "retrieval"])
def test_what_happens_after_the_cut_changes_no_fit(name: str, resources: Resources) -> None:
    interactions = read_interactions(resources.store)
    split = prequential(interactions)
    assert split.cut is not None
    late = interactions.times >= split.cut
    assert late.any()
    items = np.where(late, (interactions.items + 13) % 40, interactions.items)
    other = prequential(replace(interactions, items=items))
    found = []
    for each in (split, other):
        system = build(name, Scene(resources, "prequential"))
        system.fit(each)
        answer = system.score(split.test.cases[:5]).values
        assert answer is not None
        found.append(answer)
    assert np.array_equal(found[0], found[1])


def test_names_and_settings_are_told() -> None:
    assert set(WITHOUT_NETWORKS) <= set(SYSTEMS)
    assert repr(Markov(10, 1)) == "Markov(window=10, last=1, decay=0.9)"
