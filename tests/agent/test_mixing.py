"""The sum of the retriever's say and the head's: where it moves the list, and what it is fitted on."""

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax

from agent.head import FIRST, HEAD, RETRIEVAL, best_mix, first_places, fit_mix, mixed

ITEMS = 4 * FIRST
ALLOWED = np.arange(ITEMS) > 2  # three items were seen before


def made(users: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two views of what comes next, each right by half, and what came."""
    generator = np.random.default_rng(0)
    one, other = generator.normal(0, 1.5, (2, users, ITEMS))
    rows = [log_softmax(np.where(ALLOWED, row, -np.inf)) for row in one + other]
    targets = np.array([generator.choice(ITEMS, p=np.exp(row)) for row in rows])
    retrieval, head = (log_softmax(np.where(ALLOWED, part, -np.inf), axis=1) for part in (one, other))
    return retrieval, head, targets


def test_the_head_orders_the_first_items_and_all_mass_stays() -> None:
    retrieval, head, _ = made(20)
    found = mixed({RETRIEVAL: 1.0, HEAD: 1.0}, retrieval, head)
    first = np.zeros(found.shape, bool)
    np.put_along_axis(first, first_places(retrieval, head), True, axis=1)
    assert (first.sum(axis=1) == 2 * FIRST).all()
    for part in (retrieval, head):
        rest = np.where(first, -np.inf, part)
        assert (np.sort(part, axis=1)[:, -FIRST] >= rest.max(axis=1)).all()
    assert np.array_equal(found[~first], retrieval[~first])
    assert np.allclose(np.exp(found).sum(axis=1), 1)
    mass = np.exp(np.where(first, retrieval, -np.inf)).sum(axis=1)
    assert np.allclose(np.exp(np.where(first, found, -np.inf)).sum(axis=1), mass)
    both = np.where(first, retrieval + head, -np.inf)
    assert np.array_equal(found.argmax(axis=1), both.argmax(axis=1))


def test_a_small_catalogue_is_put_in_order_as_a_whole() -> None:
    retrieval, head, _ = (part[..., : FIRST + 50] if part.ndim > 1 else part for part in made(20))
    places = first_places(retrieval, head)
    assert np.array_equal(np.sort(places, axis=1), np.tile(np.arange(FIRST + 50), (20, 1)))
    few = first_places(retrieval[:, :30], head[:, :30])
    assert np.array_equal(np.sort(few, axis=1), np.tile(np.arange(30), (20, 1)))


def test_without_weight_the_list_stays() -> None:
    retrieval, head, _ = made(20)
    assert np.array_equal(mixed({RETRIEVAL: 0.5, HEAD: 0.0}, retrieval, head), retrieval)


def test_a_head_that_knows_something_gets_its_weight_and_one_that_knows_nothing_none() -> None:
    retrieval, head, targets = made()
    weights = fit_mix(retrieval, head, targets).weights
    assert abs(weights[RETRIEVAL] - 1) < 0.15 and abs(weights[HEAD] - 1) < 0.15
    nothing = np.random.default_rng(1).permuted(head, axis=0)
    assert fit_mix(retrieval, nothing, targets).weights[HEAD] == 0


def test_too_few_targets_among_the_first_give_no_weight() -> None:
    retrieval, head, _ = made(20)
    last = (retrieval + head).argsort(axis=1)[:, 4]
    assert fit_mix(retrieval, head, last).weights == {RETRIEVAL: 1.0, HEAD: 0.0}


def test_a_head_that_finds_what_the_retriever_does_not_is_the_better_one() -> None:
    retrieval, head, targets = made()
    nothing = np.random.default_rng(1).permuted(head, axis=0)
    assert best_mix(retrieval, head, targets) > best_mix(retrieval, nothing, targets)
    far = np.where(np.arange(ITEMS) < ITEMS // 2, -9.0, 0.0)  # the retriever hides half of the items
    hidden = log_softmax(retrieval + far, axis=1)
    rows = np.arange(len(targets))
    useless = best_mix(hidden, nothing, targets)
    assert best_mix(hidden, head, targets) > useless >= hidden[rows, targets].mean() - 0.01
    retrieval, head, _ = made(20)
    nowhere = (retrieval + head).argsort(axis=1)[:, 4]
    assert best_mix(retrieval, head, nowhere) == retrieval[np.arange(20), nowhere].mean()
