"""Stems that are kept: the same scores to the bit, warm or cold, and never anyone else's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from engine import stems
from engine.local import LocalEngine
from engine.protocol import Node, Readout, Tree
from engine.stems import Stem, StemCache
from prompts.segment import Piece, Segment
from workspace.home import Home
from workspace.settings import Precision

BRIDGE = Segment((Piece("Which one is next?\n"), Piece("<|im_end|>\n<|im_start|>assistant\n", data=False)))
WORDS = ["night", "river", "stone", "garden", "silver", "storm", "letter", "winter", "island", "music", "road"]


def stem_of(ids: list[int]) -> Stem:
    return Stem(np.array(ids), ((torch.zeros(1, 1, len(ids), 1), torch.zeros(1, 1, len(ids), 1)),))


def test_a_stem_is_found_up_to_where_it_is_the_same() -> None:
    cache = StemCache(1000)
    cache.keep("a", stem_of([1, 2, 3, 4]))
    cache.keep("a", stem_of([1, 2, 9]))
    assert cache.find("a", [1, 2, 3, 4, 5])[1] == 4
    assert cache.find("a", [1, 2, 9])[1] == 3
    assert cache.find("a", [1, 7])[1] == 1
    assert cache.find("a", [7]) == (None, 0)


def test_another_model_adapter_or_precision_finds_nothing() -> None:
    cache = StemCache(1000)
    cache.keep("model nf4", stem_of([1, 2, 3]))
    assert cache.find("model bf16", [1, 2, 3]) == (None, 0)


def test_the_least_recently_used_stem_goes_first_and_before_it_what_it_grew_from() -> None:
    cache = StemCache(8 * 10)  # ten tokens
    cache.keep("a", stem_of([1, 1, 1]))
    cache.keep("a", stem_of([2, 2, 2]))
    cache.keep("a", stem_of([2, 2, 2, 2]))
    assert cache.size == 80
    cache.keep("a", stem_of([3, 3, 3]))
    assert cache.find("a", [2, 2, 2, 2])[1] == 4
    assert cache.find("a", [1, 1, 1])[1] == 3
    assert cache.find("a", [3, 3, 3])[1] == 3
    cache.keep("a", stem_of([4, 4, 4]))
    assert len(cache) == 3
    assert cache.find("a", [2, 2, 2, 2]) == (None, 0)
    cache.keep("a", stem_of([5] * 11))
    assert cache.find("a", [5]) == (None, 0)
    assert cache.size <= 80


def test_scores_count_as_memory_and_are_never_more_than_their_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stems, "SCORES", 3)
    cache = StemCache(10_000)
    cache.keep("a", stem_of([1, 2]), {b"1": 0.1, b"2": 0.2})
    bare = stem_of([1, 2]).size
    assert cache.size == bare + 2 * stems.SCORE_BYTES
    cache.keep("a", stem_of([1, 2]), {b"3": 0.3, b"4": 0.4})
    found, _ = cache.find("a", [1, 2])
    assert found
    assert found.scores == {b"3": 0.3, b"4": 0.4}
    cache.keep("a", stem_of([1, 2]), {bytes([place]): 0.0 for place in range(9)})
    assert len(found.scores) == 3
    assert cache.size == found.size == bare + 3 * stems.SCORE_BYTES
    small = StemCache(bare + stems.SCORE_BYTES)
    small.keep("a", stem_of([1, 2]), {b"1": 0.1, b"2": 0.2})
    assert small.size == len(small) == 0


def test_what_several_histories_begin_with_stays_when_one_grows() -> None:
    cache = StemCache(8 * 18)
    for ids in ([0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 2], [0, 0, 0, 2, 2]):
        cache.find("a", [0, 0, 0])
        cache.keep("a", stem_of(ids))
    cache.keep("a", stem_of([0, 0, 0, 3]))
    assert cache.find("a", [0, 0, 0])[1] == 3
    held = [stem.ids.tolist() for _, stem in cache.stems()]
    assert [0, 0, 0] in held
    assert [0, 0, 0, 2] not in held


@pytest.fixture(scope="module")
def fp32(real_home: Home) -> LocalEngine:
    return LocalEngine(real_home.models / "smollm2-135m-instruct", "fp32")


@pytest.fixture(params=["nf4", "bf16", "fp32"])
def engine(request: pytest.FixtureRequest, real_home: Home, fp32: LocalEngine) -> LocalEngine:
    precision: Precision = request.param
    made = fp32 if precision == "fp32" else LocalEngine(real_home.models / "smollm2-135m-instruct", precision)
    made.stems = StemCache(2**29)
    return made


def same(engine: LocalEngine, one: np.ndarray, other: np.ndarray, readout: Readout = "yes-no") -> bool:
    """To the bit; where products in float32 are summed, in an order that goes by the number of rows, nearly so.

    That is the whole pass in float32, as in any precision on a CPU without bfloat16, and always the vocabulary's head:
    some four such sums a branch, each of about 20, so that a last place is 2e-6.
    """
    nearly = 1e-4 if readout == "likelihood" else 1e-5 if engine.model.dtype == torch.float32 else 0
    return bool(np.allclose(one, other, rtol=0, atol=nearly))


def history(count: int, seed: int = 0) -> Segment:
    generator = np.random.default_rng(seed)
    made = (" ".join(generator.choice(WORDS, 4)).capitalize() for _ in range(count))
    return Segment((Piece("What a person did:\n", data=False), *(Piece(f"liked {line}\n") for line in made)))


def branches(count: int, seed: int = 1) -> list[Segment]:
    generator = np.random.default_rng(seed)
    return [Segment((Piece(" ".join(generator.choice(WORDS, 1 + place % 4)) + ":"),)) for place in range(count)]


def asked(events: int, count: int = 6, readout: Readout = "yes-no", seed: int = 0) -> Tree:
    return Tree.reranking(history(events, seed), BRIDGE, branches(count), readout)


@pytest.mark.model
@pytest.mark.parametrize("readout", ["yes-no", "likelihood"])
def test_warm_is_cold_to_the_bit(engine: LocalEngine, readout: Readout) -> None:
    cold = engine.score(asked(24, readout=readout))
    engine.stems = StemCache(2**29)
    for events in (9, 10, 11, 23):  # the history grows, event by event and by a dozen
        engine.score(asked(events, count=3, readout=readout))
    warm = engine.score(asked(24, readout=readout))
    assert same(engine, warm.values, cold.values, readout)
    assert warm.tokens < cold.tokens / 2
    assert engine.score(asked(24, readout=readout)).tokens == 0


@pytest.mark.model
def test_a_new_branch_behind_a_known_stem_leaves_the_others_as_they_were(engine: LocalEngine) -> None:
    first = engine.score(asked(24, count=6))
    second = engine.score(asked(24, count=9))
    assert np.array_equal(second.values[:6], first.values)
    engine.stems = StemCache(0)
    assert same(engine, engine.score(asked(24, count=9)).values, second.values)


@pytest.mark.model
def test_many_users_in_one_pass_are_each_alone(engine: LocalEngine) -> None:
    trees = [asked(events, count, seed=events) for events, count in ((3, 2), (30, 5), (0, 4), (12, 1))]
    engine.stems = StemCache(0)
    alone = [engine.score(tree).values for tree in trees]
    together = engine.score_all(trees)
    engine.stems = StemCache(2**29)
    warm = engine.score_all([*trees, *trees])
    for place, values in enumerate(alone):
        assert same(engine, together[place].values, values)
        assert same(engine, warm[place].values, values)
        assert same(engine, warm[place + 4].values, values)


@pytest.mark.model
@pytest.mark.parametrize("budget", [16, 64, 200])
def test_what_was_read_in_parts_is_what_was_read_at_once(engine: LocalEngine, budget: int) -> None:
    tree = asked(12, count=40, readout="likelihood")
    engine.stems = StemCache(0)
    whole = engine.score(tree)
    engine.pack_tokens = budget
    try:
        parts = engine.score(tree)
        engine.stems = StemCache(2**29)
        engine.score(asked(11, count=1))
        warm = engine.score(tree)
    finally:
        engine.pack_tokens = 2048
    assert same(engine, parts.values, whole.values, tree.readout)
    assert same(engine, warm.values, whole.values, tree.readout)
    assert parts.tokens == whole.tokens


@pytest.mark.model
@pytest.mark.parametrize("readout", ["yes-no", "likelihood"])
def test_several_questions_along_one_history_are_each_as_if_alone(engine: LocalEngine, readout: Readout) -> None:
    engine.stems = StemCache(0)
    alone = [engine.score(asked(events, count=3, readout=readout)).values for events in (10, 11)]
    nodes = [Node(history(11))]
    for events in (10, 11):
        nodes.append(Node(BRIDGE, 0, 1 + events))
        nodes += [Node(branch, len(nodes) - 1) for branch in branches(3)]
    both = engine.score(Tree(tuple(nodes), readout)).values
    assert same(engine, both, np.concatenate(alone), readout)


@pytest.mark.model
def test_blocks_are_the_librarys_attention_under_a_mask(fp32: LocalEngine) -> None:
    trees = [asked(14, count=5, readout="likelihood"), asked(3, count=2, readout="likelihood")]
    fp32.stems = StemCache(0)
    blocks = fp32.score_all(trees)
    fp32.model.set_attn_implementation("sdpa")
    try:
        dense = fp32.score_all(trees)
        fp32.stems = StemCache(2**29)
        fp32.score_all([asked(13, count=1), *trees])
        warm = fp32.score_all([replace(tree, readout="yes-no") for tree in trees])
    finally:
        fp32.model.set_attn_implementation("blocks")
    for one, other in zip(blocks, dense, strict=True):
        assert np.abs(one.values - other.values).max() < 1e-3
    fp32.stems = StemCache(0)
    for one, other in zip(warm, fp32.score_all([replace(tree, readout="yes-no") for tree in trees]), strict=True):
        assert np.abs(one.values - other.values).max() < 1e-3


@pytest.mark.model
def test_engines_of_two_precisions_may_share_a_cache(engine: LocalEngine, fp32: LocalEngine) -> None:
    tree = asked(8)
    fp32.stems = StemCache(0)
    expected = fp32.score(tree).values
    fp32.stems = engine.stems
    engine.score(tree)
    assert np.array_equal(fp32.score(tree).values, expected)


@pytest.mark.model
def test_two_requests_of_one_user_at_once(engine: LocalEngine) -> None:
    engine.stems = StemCache(0)
    trees = [asked(10, count=3), asked(11, count=3), asked(10, count=5), asked(11, count=2)]
    expected = [engine.score(tree).values for tree in trees]
    engine.stems = StemCache(2**29)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(engine.score, trees * 2))
    for scores, values in zip(found, expected * 2, strict=True):
        assert same(engine, scores.values, values)


@pytest.mark.model
def test_when_memory_is_short_stems_go_and_nothing_breaks(fp32: LocalEngine) -> None:
    fp32.stems = StemCache(0)
    expected = [fp32.score(asked(6, seed=seed)).values for seed in range(4)]
    one = 46_080 * 60  # bytes of about one of these stems in fp32
    fp32.stems = StemCache(2 * one)
    for _ in range(2):
        for seed in range(4):
            assert same(fp32, fp32.score(asked(6, seed=seed)).values, expected[seed])
            assert 0 < fp32.stems.size <= 2 * one


@pytest.mark.model
@pytest.mark.parametrize("count", [0, 1, pytest.param(10_000, marks=pytest.mark.slow)])
def test_any_number_of_candidates(real_home: Home, count: int) -> None:
    engine = LocalEngine(real_home.models / "smollm2-135m-instruct", "bf16")
    names = [f"{one} {two}{number}" for number in range(83) for one in WORDS for two in WORDS][:count]
    found = engine.score(Tree.reranking(history(2), BRIDGE, [Segment((Piece(name),)) for name in names], "yes-no"))
    assert found.values.shape == (count,)
    assert np.isfinite(found.values).all()
