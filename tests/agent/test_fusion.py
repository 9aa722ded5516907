from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agent.diversity import capped
from agent.fusion import Drawn, fit_weight, fuse
from history.catalogue import Catalogue
from history.records import Item

FINITE = st.floats(-20, 20)


@given(arrays(float, 6, elements=FINITE), arrays(float, 6, elements=FINITE), st.floats(0, 3))
def test_the_mass_of_the_candidates_is_kept(log_p: np.ndarray, values: np.ndarray, weight: float) -> None:
    assert np.exp(fuse(log_p, values, weight)).sum() == pytest.approx(np.exp(log_p).sum())


@given(arrays(float, 6, elements=FINITE))
def test_a_weight_of_nothing_changes_nothing(log_p: np.ndarray) -> None:
    assert fuse(log_p, np.arange(6.0), 0.0) == pytest.approx(log_p)


def test_the_model_moves_what_it_likes_up() -> None:
    fused = fuse(np.log([0.3, 0.2, 0.1]), np.array([0.0, 0.0, 5.0]), 1.0)
    assert fused.argmax() == 2


def test_the_fit_finds_the_weight_that_made_the_data() -> None:
    generator = np.random.default_rng(0)
    rows = []
    for _ in range(800):
        values = generator.normal(size=20)
        chosen = (0.7 * values + generator.gumbel(size=20)).argmax()
        rows.append(Drawn(np.concatenate([values[[chosen]], np.delete(values, chosen)]), np.ones(20)))
    found = fit_weight(rows)
    assert found.weight == found.fitted == pytest.approx(0.7, abs=0.15)
    assert found.gain > 0.1


def test_a_model_that_does_not_help_gets_no_weight() -> None:
    generator = np.random.default_rng(1)
    found = fit_weight([Drawn(generator.normal(size=20), np.ones(20)) for _ in range(100)])
    assert found.weight == 0
    assert found.targets == 100
    assert fit_weight([]).targets == 0


def test_no_category_takes_more_than_its_share_while_others_are_left() -> None:
    items = [Item(str(number), "x", categories=("Drama",) if number < 8 else ("Crime",)) for number in range(10)]
    catalogue = Catalogue(items)
    ids = [item.item_id for item in items]
    assert capped(ids, catalogue, 5, 0.6) == ["0", "1", "2", "8", "9"]
    assert capped(ids[:8], catalogue, 5, 0.6) == ["0", "1", "2", "3", "4"]


def test_the_weight_is_right_when_others_are_drawn_from_a_sharp_distribution() -> None:
    """Small catalogue, sharp prior, true weight .7: sampling with return and counts must find it without bias."""
    generator = np.random.default_rng(2)
    rows = []
    for _ in range(3_000):
        values, log_q = generator.normal(size=8), 2 * generator.normal(size=8)
        q = np.exp(log_q) / np.exp(log_q).sum()
        target = int((log_q + 0.7 * values + generator.gumbel(size=8)).argmax())
        counts = np.bincount(generator.choice(8, 19, p=q), minlength=8).astype(float)
        counts[target] += 1
        order = [target, *(place for place in np.flatnonzero(counts).tolist() if place != target)]
        rows.append(Drawn(values[order], counts[order]))
    assert fit_weight(rows).fitted == pytest.approx(0.7, abs=0.07)
