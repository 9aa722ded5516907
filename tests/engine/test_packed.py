"""The packed pass of the real model against separate prompts, in fp32."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.local import LocalEngine
from engine.protocol import Node, Readout, Tree, WriteLimits
from engine.stems import StemCache
from prompts.segment import Piece, Segment
from workspace.errors import ModelError
from workspace.home import Home

pytestmark = pytest.mark.model

WORDS = ["night", "river", "stone", "garden", "silver", "storm", "letter", "winter", "island", "music", "road"]
TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def engine(real_home: Home) -> LocalEngine:
    return LocalEngine(real_home.models / "smollm2-135m-instruct", "fp32")


def lines(generator: np.random.Generator, count: int) -> Segment:
    made = (" ".join(generator.choice(WORDS, 4)).capitalize() for _ in range(count))
    return Segment(tuple(Piece(f"liked {line}\n") for line in made))


def branch(generator: np.random.Generator) -> Segment:
    return Segment((Piece(" ".join(generator.choice(WORDS, 3)).capitalize() + ":"),))


BRIDGE = Segment(
    (Piece("Will it be liked? Answer yes or no.\n"), Piece("<|im_end|>\n<|im_start|>assistant\n", data=False))
)


def separate(engine: LocalEngine, stem: Segment, branches: list[Segment], readout: Readout) -> np.ndarray:
    """Each branch alone, as one plain causal sequence."""
    return np.array([engine.score(Tree.reranking(stem, BRIDGE, [one], readout)).values[0] for one in branches])


def plain_log_odds(engine: LocalEngine, text: Segment) -> float:
    """The same value without any mask of ours: the model's own causal pass over the joined ids."""
    import torch

    ids = [token for piece in engine.tokens.encode(text) for token in piece]
    with torch.inference_mode():
        logits = engine.model(torch.tensor([ids])).logits[0, -1]
    return float(logits[engine.tokens.yes] - logits[engine.tokens.no])


@pytest.mark.slow
def test_packed_and_cached_equal_separate_over_100_stems(engine: LocalEngine) -> None:
    generator = np.random.default_rng(0)
    for number in range(100):
        stem, branches = lines(generator, 12), [branch(generator) for _ in range(5)]
        tree = Tree.reranking(stem, BRIDGE, branches, "yes-no")
        packed = engine.score(tree).values
        engine.stems, engine.pack_tokens = StemCache(0), 12
        try:
            cached = engine.score(tree).values
        finally:
            engine.pack_tokens = 2048
        alone = [plain_log_odds(engine, stem + BRIDGE + one) for one in branches]
        assert np.abs(packed - alone).max() <= TOLERANCE, number
        assert np.abs(cached - alone).max() <= TOLERANCE, number


@pytest.mark.parametrize("readout", ["yes-no", "likelihood"])
def test_a_shuffle_gives_identical_scores_and_dropping_one_changes_no_other(
    engine: LocalEngine, readout: Readout
) -> None:
    generator = np.random.default_rng(2)
    stem, branches = lines(generator, 12), [branch(generator) for _ in range(20)]
    scores = engine.score(Tree.reranking(stem, BRIDGE, branches, readout)).values
    order = generator.permutation(20)
    shuffled = engine.score(Tree.reranking(stem, BRIDGE, [branches[place] for place in order], readout)).values
    assert np.array_equal(shuffled, scores[order])
    fewer = engine.score(Tree.reranking(stem, BRIDGE, branches[:7] + branches[8:], readout)).values
    assert np.abs(fewer - np.delete(scores, 7)).max() <= TOLERANCE


@pytest.mark.parametrize("readout", ["yes-no", "likelihood"])
def test_a_two_level_tree_equals_the_separate_prompts(engine: LocalEngine, readout: Readout) -> None:
    generator = np.random.default_rng(3)
    history, branches = lines(generator, 12), [branch(generator) for _ in range(3)]
    nodes, expected = [Node(history)], []
    for after in (2, 7, 12):
        nodes.append(Node(BRIDGE, 0, after))
        bridge = len(nodes) - 1
        nodes += [Node(one, bridge) for one in branches]
        expected.append(separate(engine, Segment(history.pieces[:after]), branches, readout))
    scores = engine.score(Tree(tuple(nodes), readout)).values
    assert np.abs(scores - np.concatenate(expected)).max() <= TOLERANCE


def test_the_ends_of_branches_are_the_states_after_the_joined_prompts(engine: LocalEngine) -> None:
    generator = np.random.default_rng(5)
    stem, branches = lines(generator, 12), [branch(generator) for _ in range(4)]
    tree = Tree((Node(stem), Node(BRIDGE, 0), *(Node(one, 1) for one in [*branches, branches[0]])), ends=True)
    first = engine.score(tree)
    alone = engine.states([stem + BRIDGE + one for one in branches]).numpy()
    assert np.abs(first.ends - alone[[0, 1, 2, 3, 0]]).max() <= TOLERANCE
    assert np.array_equal(engine.score(tree).ends, first.ends)  # read anew, over the kept stem
    assert engine.score(replace(tree, ends=False)).ends.size == 0


def test_the_log_likelihood_is_the_models_own(engine: LocalEngine) -> None:
    import torch

    generator = np.random.default_rng(4)
    stem, one = lines(generator, 3), Segment((Piece("Silver river\n"),))
    ids = [[token for piece in engine.tokens.encode(part) for token in piece] for part in (stem + BRIDGE, one)]
    with torch.inference_mode():
        logits = engine.model(torch.tensor([ids[0] + ids[1]])).logits[0].log_softmax(-1)
    expected = sum(float(logits[len(ids[0]) - 1 + place, token]) for place, token in enumerate(ids[1]))
    found = engine.score(Tree.reranking(stem, BRIDGE, [one], "likelihood")).values[0]
    assert found == pytest.approx(expected, abs=TOLERANCE)


def test_no_branches_give_no_scores(engine: LocalEngine) -> None:
    assert len(engine.score(Tree((), "yes-no")).values) == 0


def test_a_prompt_beyond_the_context_is_refused(engine: LocalEngine) -> None:
    stem = Segment((Piece("liked Stone\n"),) * 4_000)
    with pytest.raises(ModelError, match="longer than the context"):
        engine.score(Tree.reranking(stem, BRIDGE, [Segment((Piece("Road:"),))], "yes-no"))


def test_a_branch_must_hang_on_something(engine: LocalEngine) -> None:
    with pytest.raises(ModelError, match="hang on at least one token"):
        engine.score(Tree((Node(BRIDGE),)))
    with pytest.raises(ModelError, match="hang on at least one token"):
        engine.score(Tree((Node(BRIDGE), Node(BRIDGE, 0, 0))))


def test_writing_is_what_the_model_generates(engine: LocalEngine) -> None:
    import torch

    turns = engine.tokens.chat([("system", "You are brief."), ("user", "Name the capital of France.")])
    ids = engine.tokens.encode_text(turns)
    generated = engine.model.generate(
        torch.tensor([ids]), attention_mask=torch.ones(1, len(ids)), max_new_tokens=12, do_sample=False, pad_token_id=2
    )
    expected = engine.tokens.decode(generated[0, len(ids) :].tolist())
    parts = list(engine.write(Segment((Piece(turns, data=False),)), WriteLimits(12, stop=())))
    assert "".join(parts) == expected
    assert "Paris" in expected
    assert len(parts) > 1


def test_writing_ends_before_a_stop_text(engine: LocalEngine) -> None:
    turns = engine.tokens.chat([("user", "Name the capital of France.")])
    text = "".join(engine.write(Segment((Piece(turns, data=False),)), WriteLimits(30, stop=("Paris",))))
    assert text
    assert "Paris" not in text


@pytest.mark.parametrize("precision", ["nf4", "int8", "bf16"])
def test_every_precision_scores_near_fp32(engine: LocalEngine, real_home: Home, precision: str) -> None:
    generator = np.random.default_rng(5)
    tree = Tree.reranking(lines(generator, 12), BRIDGE, [branch(generator) for _ in range(10)], "likelihood")
    quantised = LocalEngine(real_home.models / "smollm2-135m-instruct", precision)  # type: ignore[arg-type]
    exact, found = engine.score(tree).values, quantised.score(tree).values
    assert np.corrcoef(exact, found)[0, 1] > 0.9
    assert precision in quantised.name


def test_a_folder_without_a_model_is_refused(tmp_path: object) -> None:
    with pytest.raises(ModelError, match="cannot load the language model"):
        LocalEngine(str(tmp_path), "fp32")
