"""Branches: what is drawn beside a target, what a value comes to mean, and that it is read as the engine reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from agent.head import HeadScorer
from engine.local import LocalEngine
from engine.protocol import Node, Tree
from history.records import Event
from history.timeline import Timeline
from prompts.segment import Piece, Segment
from tests.tuning.conftest import ITEMS, made_histories, made_reader
from tuning.choices import Chooser
from tuning.examples import Reading
from tuning.losses import Loss, distilled, listwise, pairwise, squared, topic
from tuning.plan import Plan
from tuning.reader import Reader, ReadingBatch, collate
from tuning.saying import by_branches, by_letters

BRIDGE, CUE = (36, 37), 35
BRANCHES = [(item, CUE) for item in range(ITEMS)]
EVEN = np.full(ITEMS, 1 / ITEMS)


def chooser(
    retrieved: NDArray[np.float64] = EVEN, popularity: NDArray[np.float64] = EVEN, questions: int = 2
) -> Chooser:
    def retrieve(reading: Reading, places: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.log(np.tile(retrieved, (len(places), 1)))

    return Chooser(BRIDGE, BRANCHES, popularity, retrieve, questions, 6)


def reading() -> Reading:
    return made_histories(1)[0].reading(np.arange(6))


def test_the_target_is_the_first_of_each_choice() -> None:
    asked = chooser().ask(reading(), 0.0, np.random.default_rng(0))
    assert [choice.place for choice in asked.choices] == sorted({choice.place for choice in asked.choices})
    assert len(asked.choices) == 2
    for choice in asked.choices:
        assert choice.branches[0] == BRANCHES[asked.targets[choice.place]]
        assert choice.branches == tuple(BRANCHES[item] for item in choice.items)
        assert len(set(choice.branches)) == len(choice.branches) == len(choice.offsets)


def test_the_others_come_from_the_retriever_in_the_end() -> None:
    only = np.eye(ITEMS)[3] + 1e-9
    easy, hard = (chooser(only / only.sum()).ask(reading(), share, np.random.default_rng(0)) for share in (0.0, 1.0))
    assert len({branch for choice in easy.choices for branch in choice.branches[1:]}) > 2
    assert {branch for choice in hard.choices for branch in choice.branches[1:]} <= {BRANCHES[3]}


def test_a_value_becomes_the_logarithm_of_p_whatever_the_others_are_drawn_from() -> None:
    p = np.array([0.5, 0.3, 0.15, 0.05])
    skewed = np.array([0.1, 0.2, 0.3, 0.4])
    drawer = Chooser(BRIDGE, BRANCHES[:4], skewed, lambda *_: np.log(skewed)[None], 1, 3)
    generator = np.random.default_rng(0)
    names: dict[tuple[int, ...], int] = {branch: item for item, branch in enumerate(BRANCHES[:4])}
    slots = np.full((4_000, 4), -np.inf)
    items = np.zeros((4_000, 4), np.int64)
    for row, target in enumerate(generator.choice(4, 4_000, p=p)):
        (choice,) = drawer.ask(Reading(np.arange(3), np.array([2]), np.array([target])), 0.0, generator).choices
        slots[row, : len(choice.offsets)] = choice.offsets
        items[row, : len(choice.offsets)] = [names[branch] for branch in choice.branches]
    values = torch.zeros(4, requires_grad=True)
    optimizer = torch.optim.LBFGS([values], max_iter=50)

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        found = -(values[torch.from_numpy(items)] + torch.from_numpy(slots)).log_softmax(1)[:, 0].mean()
        found.backward()  # type: ignore[no-untyped-call]
        return found

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    assert values.detach().softmax(0).numpy() == pytest.approx(p, abs=0.02)


def test_losses_by_hand() -> None:
    values = torch.tensor([[1.0, 0.0, -torch.inf], [0.0, 2.0, 1.0]])
    offsets = torch.tensor([[0.0, 0.0, -torch.inf], [0.0, 0.0, 1.0]])
    ratings = torch.tensor([1.0, torch.nan])
    even = [np.log(1 + np.exp(-1)), np.log(1 + np.exp(2) + np.exp(2))]
    assert float(listwise(values, offsets, ratings)) == pytest.approx(np.mean(even))
    pairs = [np.log(1 + np.exp(-1)), np.log(1 + np.exp(2)), np.log(1 + np.exp(1))]
    assert float(pairwise(values, offsets, ratings)) == pytest.approx(np.mean(pairs))
    assert float(squared(values, offsets, ratings)) == pytest.approx((1 - 1 / (1 + np.exp(-1))) ** 2)
    assert float(squared(values, offsets, ratings * torch.nan)) == 0.0


def test_the_next_topic_by_hand() -> None:
    mass = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.0, 0.0]])
    logits = torch.log(torch.tensor([[0.4, 0.2, 0.3, 0.1], [0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25]]))
    found = topic(logits, torch.tensor([0, 1, 3]), mass)  # the last target has no topic
    assert found.item() == pytest.approx(-(np.log(0.5) + 0.5 * np.log(0.2) + 0.5 * np.log(0.4)) / 2)
    assert topic(logits[2:], torch.tensor([3]), mass).item() == 0


def test_a_choice_knows_the_rating_of_its_target() -> None:
    rated = Timeline("u", tuple(Event("u", f"i{n}", n, "rating", float(n)) for n in range(9)))
    taken = replace(reading(), timeline=rated, befores=np.arange(1, 6))
    asked = replace(chooser(), scale=10.0).ask(taken, 0.0, np.random.default_rng(0))
    assert [choice.rating for choice in asked.choices] == [(choice.place + 1) / 10 for choice in asked.choices]
    assert np.isnan(chooser().ask(reading(), 0.0, np.random.default_rng(0)).choices[0].rating)


class Words:
    """A tokenizer whose tokens are numbers; yes is 0, no is 1."""

    yes, no = 0, 1

    def encode(self, segment: Segment) -> list[list[int]]:
        return [[int(word) for word in piece.text.split()] for piece in segment.pieces]


WORDS: Any = Words()


def engine_of(reader: Reader) -> LocalEngine:
    """An engine over the reader's own model that keeps nothing."""
    engine = LocalEngine.__new__(LocalEngine)
    vars(engine).update(model=reader.language, _tokens=WORDS, pack_tokens=2_048, _label="made", _maker="made")
    vars(engine).update(stems=type("None", (), {"limit": 0, "find": lambda *_: (None, 0)})())
    return engine


def node(tokens: Sequence[int] | NDArray[np.int64], parent: int = -1, end: int | None = None) -> Node:
    pieces = tuple(Piece(str(token)) for token in tokens)
    return Node(Segment(pieces), parent, end) if end is not None else Node(Segment(pieces), parent)


def test_branches_are_read_as_the_engine_reads_them() -> None:
    asked = chooser(questions=3).ask(reading(), 0.5, np.random.default_rng(1))
    reader = made_reader().eval()
    batch = collate(
        [asked, replace(asked, ids=asked.ids[:9], ends=asked.ends[:2], targets=asked.targets[:2], choices=())]
    )
    with torch.inference_mode():
        ends = reader.hidden(batch)[batch.leaf_rows, batch.leaf_columns]
        values = by_branches(reader.language, reader.head, ends, batch)
    nodes = [node(asked.ids)]
    for choice in asked.choices:
        nodes.append(node(choice.bridge, 0, int(asked.ends[choice.place]) + 1))
        bridge = len(nodes) - 1
        nodes += [node(branch, bridge) for branch in choice.branches]
    scores = engine_of(reader).score(Tree(tuple(nodes), "yes-no", ends=True))
    items = [str(item) for choice in asked.choices for item in choice.items]
    scorer = HeadScorer(engine_of(reader), WORDS, WORDS, reader.head, [str(item) for item in range(ITEMS)])
    told = scorer.chooser.said(scores, items)
    assert values[batch.offsets.isfinite()].numpy() == pytest.approx(told, abs=1e-5)


def test_a_lettered_list_is_read_as_the_engine_reads_it() -> None:
    letters = tuple(range(ITEMS, ITEMS + 7))
    asked = replace(chooser(), lettered=lambda items: (36, *items, 37), letters=letters).ask(
        reading(), 0.5, np.random.default_rng(1)
    )
    reader = made_reader().eval()
    batch = collate([asked])
    with torch.inference_mode():
        taught = by_letters(
            reader.language, reader.head, reader.hidden(batch)[batch.leaf_rows, batch.leaf_columns], batch
        ).numpy()
    for row, choice in zip(taught, asked.choices, strict=True):
        shown = choice.bridge[1:-1]
        assert len(set(shown)) == len(shown) == len(choice.answers) == np.isfinite(row).sum() > 1
        assert shown[letters.index(choice.answers[0])] == asked.targets[choice.place]
        end = int(asked.ends[choice.place]) + 1
        tree = [node(asked.ids[:end]), node(choice.bridge, 0), *(node((letter,), 1) for letter in choice.answers)]
        told = engine_of(reader).score(Tree(tuple(tree), "likelihood")).values
        assert row[: len(told)] - row[0] == pytest.approx(told - told[0], abs=1e-5)


@pytest.mark.parametrize("loss", [listwise, pairwise])
def test_choosing_is_learnt(loss: Loss) -> None:
    reader = made_reader()

    # A made model's words are so small that its log-odds are all but nothing.
    def loudly(ends: torch.Tensor, batch: ReadingBatch) -> torch.Tensor:
        return 20 * by_branches(reader.language, reader.head, ends, batch)

    taught = Reader(reader.language, reader.head, say=loudly, loss=loss)
    plan = Plan([made_histories()], 30, events=6, tokens=100, seed=0, chooser=chooser())
    optimizer = torch.optim.AdamW(taught.trained().values(), lr=4e-3)
    losses = []
    for step in range(len(plan)):
        found = taught(collate(plan[step]))
        optimizer.zero_grad()
        found["loss"].backward()
        torch.nn.utils.clip_grad_norm_(taught.trained().values(), 1.0)
        optimizer.step()
        losses.append(float(found["choosing"]))
    assert np.mean(losses[-20:]) < 0.5 * np.mean(losses[:20])


def test_what_a_teacher_holds_of_branches_teaches_too() -> None:
    uneven = np.arange(1, ITEMS + 1) / np.arange(1, ITEMS + 1).sum()
    likely = np.tile(uneven.astype(np.float32), (len(reading().targets), 1))
    asked = chooser(questions=3).ask(replace(reading(), likely=likely), 0.0, np.random.default_rng(1))
    for choice in asked.choices:
        assert choice.likely == pytest.approx(np.log(uneven[choice.items]), abs=1e-5)
    assert not len(chooser().ask(reading(), 0.0, np.random.default_rng(1)).choices[0].likely)
    batch = collate([asked])
    assert batch.held.shape == batch.offsets.shape
    best = distilled(batch.held, batch.offsets, batch.held)
    moved = (batch.held + torch.randn(batch.held.shape, generator=torch.Generator().manual_seed(0))).requires_grad_()
    worse = distilled(moved, batch.offsets, batch.held)
    worse.backward()  # type: ignore[no-untyped-call]
    assert moved.grad is not None and moved.grad.isfinite().all()
    assert best < worse
