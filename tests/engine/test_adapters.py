"""An adapter beside a model: the model stays as it was, and what was kept is what was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.adapters import Adapter, AdapterShape, add_adapter, beside, fingerprint, save_adapter
from engine.local import LocalEngine
from engine.protocol import Tree
from engine.stems import StemCache
from prompts.segment import Piece, Segment
from workspace.errors import ModelError
from workspace.home import Home

SHAPE = AdapterShape(rank=4, alpha=8, dropout=0.0)
STEM = Segment((Piece("What a person did:\n", data=False), *(Piece(f"liked film number {n}\n") for n in range(9))))
TREE = Tree.reranking(
    STEM, Segment((Piece("Next:\n"),)), [Segment((Piece(word),)) for word in ("one", "two")], "yes-no"
)


@pytest.fixture
def bf16(real_home: Home) -> LocalEngine:
    return LocalEngine(real_home.models / "smollm2-135m-instruct", "bf16")


def made_adapter(engine: LocalEngine, folder: Path, seed: int = 1) -> Adapter:
    """An adapter that changes something: a fresh one adds nothing yet."""
    model = beside(engine.model)
    add_adapter(model, SHAPE, seed)
    generator = torch.Generator().manual_seed(seed)
    for name, value in model.named_parameters():
        if "lora_B" in name:
            value.data = 0.02 * torch.randn(value.shape, generator=generator)
    folder.mkdir()
    save_adapter(model, folder)
    return Adapter("made", folder, SHAPE)


@pytest.mark.model
def test_the_model_stays_as_it_was_and_the_adapted_one_is_another(bf16: LocalEngine, tmp_path: Path) -> None:
    before = bf16.score(TREE).values
    tuned = bf16.with_adapter(made_adapter(bf16, tmp_path / "a"))
    after = tuned.score(TREE).values
    assert np.abs(after - before).max() > 0.01
    assert np.array_equal(bf16.score(TREE).values, before)
    assert np.array_equal(tuned.score(TREE).values, after)
    bf16.stems = tuned.stems = StemCache(0)
    assert np.array_equal(bf16.score(TREE).values, before)
    assert np.array_equal(tuned.score(TREE).values, after)


@pytest.mark.model
def test_both_share_the_weights(bf16: LocalEngine, tmp_path: Path) -> None:
    tuned = bf16.with_adapter(made_adapter(bf16, tmp_path / "a"))
    own = {value.data_ptr() for value in bf16.model.parameters()}
    added = [value for value in tuned.model.parameters() if value.data_ptr() not in own]
    assert sum(value.nbytes for value in added) == sum(
        value.nbytes for name, value in tuned.model.named_parameters() if "lora_" in name
    )


@pytest.mark.model
def test_an_adapter_is_the_same_after_reloading(bf16: LocalEngine, tmp_path: Path) -> None:
    adapter = made_adapter(bf16, tmp_path / "a")
    first, second = (bf16.with_adapter(adapter).states([STEM]) for _ in range(2))
    assert torch.equal(first, second)
    again = tmp_path / "b"
    again.mkdir()
    model = beside(bf16.model)
    add_adapter(model, SHAPE, 1)
    save_adapter(model, again)
    fresh = bf16.with_adapter(Adapter("fresh", again, SHAPE))
    assert torch.equal(fresh.states([STEM]), bf16.states([STEM]))  # its second matrices are zero


@pytest.mark.model
def test_another_shape_is_refused(bf16: LocalEngine, tmp_path: Path) -> None:
    adapter = made_adapter(bf16, tmp_path / "a")
    with pytest.raises(ModelError, match="'made' was made for another model"):
        bf16.with_adapter(Adapter("made", adapter.folder, AdapterShape(rank=8)))


def same(engine: LocalEngine, one: torch.Tensor, other: torch.Tensor) -> bool:
    """To the bit in bfloat16; where the CPU has none products are in float32, whose sums go by the number of rows."""
    return torch.allclose(one, other, rtol=0, atol=1e-3 if engine.model.dtype == torch.float32 else 0)


@pytest.mark.model
def test_a_state_is_the_same_warm_or_cold_and_whoever_else_is_read(bf16: LocalEngine) -> None:
    stems = [Segment(STEM.pieces[: 1 + count]) for count in (0, 3, 9)]
    bf16.stems = StemCache(0)
    cold = [bf16.states([stem]) for stem in stems]
    assert same(bf16, bf16.states(stems), torch.cat(cold))
    bf16.stems = StemCache(2**28)
    for stem, expected in zip(stems, cold, strict=True):  # each goes on where the one before ended
        assert same(bf16, bf16.states([stem]), expected)
        assert same(bf16, bf16.states([stem]), expected)


@pytest.mark.model
def test_what_was_read_for_a_state_serves_the_branches(bf16: LocalEngine) -> None:
    bf16.stems = StemCache(0)
    cold = bf16.score(TREE)
    bf16.stems = StemCache(2**28)
    bf16.states([STEM])
    warm = bf16.score(TREE)
    assert same(bf16, torch.from_numpy(warm.values), torch.from_numpy(cold.values))
    assert warm.tokens < cold.tokens / 2


@pytest.mark.model
def test_a_state_is_the_librarys_last_hidden_state(real_home: Home) -> None:
    fp32 = LocalEngine(real_home.models / "smollm2-135m-instruct", "fp32")
    ids = torch.tensor([[token for piece in fp32.tokens.encode(STEM) for token in piece]])
    fp32.model.set_attn_implementation("sdpa")
    with torch.inference_mode():
        expected = fp32.model.base_model(input_ids=ids).last_hidden_state[0, -1]
    fp32.stems = StemCache(0)
    assert torch.allclose(fp32.states([STEM])[0], expected, atol=1e-3)


@pytest.mark.model
def test_an_empty_stem_and_one_past_the_context_are_refused(bf16: LocalEngine) -> None:
    with pytest.raises(ModelError, match="a stem is empty"):
        bf16.states([Segment(())])
    with pytest.raises(ModelError, match="longer than the context"):
        bf16.states([Segment((Piece("word " * 9_000),))])


def test_a_fingerprint_is_that_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "README.md").write_text("words")
    first = fingerprint(tmp_path)
    (tmp_path / "README.md").write_text("other words")
    assert fingerprint(tmp_path) == first
    (tmp_path / "tokenizer.json").write_text("{}")
    assert fingerprint(tmp_path) != first
