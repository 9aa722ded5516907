"""The reading head: kept, read again, and grown by items that it has never seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.reading import HeadShape, ReadingHead

ITEMS = ["a", "b", "c", "d"]
STATES = torch.randn(3, 16, generator=torch.Generator().manual_seed(0))


def made() -> tuple[ReadingHead, np.ndarray]:
    texts = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    head = ReadingHead(16, texts, np.array([5, 2, 0, 9]), HeadShape(width=8)).eval()
    with torch.no_grad():
        head.popularity.add_(torch.tensor([0.5, -1.0, -2.0, 0.1]))
    return head, texts


def test_what_was_kept_answers_the_same(tmp_path: Path) -> None:
    head, texts = made()
    head.save(tmp_path, ITEMS)
    assert np.array_equal(ReadingHead.load(tmp_path, ITEMS, texts).answer(STATES), head.answer(STATES))


def test_items_may_come_in_another_order_go_and_be_added(tmp_path: Path) -> None:
    head, texts = made()
    head.save(tmp_path, ITEMS)
    grown = np.concatenate([texts[[3, 0]], texts[:1], texts[[2]]])  # d, a, a new one with the text of a, c
    found = ReadingHead.load(tmp_path, ["d", "a", "new", "c"], grown).answer(STATES)
    before = head.answer(STATES)
    assert np.allclose(found[:, :2], before[:, [3, 0]], atol=1e-5)
    assert np.allclose(found[:, 3], before[:, 2], atol=1e-5)
    new = head.state(head.norm(STATES)) @ head.projection(torch.from_numpy(texts[0])) + head.popularity.min()
    assert np.allclose(found[:, 2], new.detach().numpy(), atol=1e-5)


def test_another_catalogue_begins_with_what_its_own_items_have_learnt(tmp_path: Path) -> None:
    head, texts = made()
    head.save(tmp_path, ITEMS, ["A", "B", "C", "D"])
    grown = np.concatenate([texts[[3, 0]], texts[:1], texts[[2]]])
    other = ReadingHead(16, grown, np.array([1, 1, 4, 0]), HeadShape(width=8), seed=5).eval()
    assert other.take_over(tmp_path, ["D", "A", "new", "C"]) == 2  # C was never trained on
    before, found = head.answer(STATES), other.answer(STATES)
    assert np.allclose(found[:, :2], before[:, [3, 0]], atol=1e-5)
    popularity = other.popularity.detach()
    assert (popularity[2] - popularity[:2].mean()).item() == pytest.approx(np.log(5) - np.log(2), abs=1e-5)
    assert other.trained[:, 0].tolist() == [True, True, True, False]


def test_nothing_in_common_leaves_the_items_as_they_are(tmp_path: Path) -> None:
    head, texts = made()
    head.save(tmp_path, ITEMS, ["A", "B", "C", "D"])
    other = ReadingHead(16, texts, np.array([1, 1, 4, 0]), HeadShape(width=8), seed=5).eval()
    residuals = other.residuals.clone()
    assert other.take_over(tmp_path, ["E", "F", "G", "H"]) == 0
    assert torch.equal(other.residuals, residuals) and torch.equal(other.state.weight, head.state.weight)
