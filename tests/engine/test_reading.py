"""The reading head: kept, read again, and grown by items that it has never seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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
    new = head.state(head.norm(STATES)) @ head.projection(torch.from_numpy(texts[0])) + head.newcomer
    assert np.allclose(found[:, 2], new.detach().numpy(), atol=1e-5)


def test_in_training_rare_items_are_newcomers_more_often_and_new_ones_are_not_learnt() -> None:
    head, _ = made()
    torch.manual_seed(0)
    with torch.no_grad():
        head.newcomer.fill_(100.0)
        shares = torch.stack([head.train()(STATES, 0.1)[0] > 50 for _ in range(2_000)]).float().mean(0)
    assert np.allclose(shares.numpy(), [1 / 6, 1 / 3, 0, 0.1], atol=0.04)
    assert head(STATES)[:, 2].isneginf().all()


def test_an_item_that_comes_into_training_begins_as_a_newcomer() -> None:
    head, _ = made()
    before = head.answer(STATES)
    head.learn_also(np.array([6, 2, 3, 9]))
    assert np.array_equal(head.answer(STATES), before)
    head.train()(STATES).sum().backward()
    assert head.residuals.grad is not None and head.residuals.grad[2].any()
