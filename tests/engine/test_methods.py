"""What is put beside the layers: it learns, is kept and read again, or is refused with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from engine.adapters import Adapter, AdapterShape, adapter_state, add_adapter, beside, load_adapter, save_adapter
from tests.tuning.conftest import made_model
from workspace.errors import ModelError

IDS = torch.tensor([[1, 2, 3, 4, 5, 6]])


def trained(model: Any, shape: AdapterShape, steps: int = 12) -> tuple[Any, list[float]]:
    """The model after some steps of predicting its own text, and the losses."""
    found = beside(model)
    after_step = add_adapter(found, shape, steps=steps)
    optimizer = torch.optim.AdamW([value for value in found.parameters() if value.requires_grad], lr=2e-2)
    losses = []
    for step in range(1, steps + 1):
        loss = found(input_ids=IDS, labels=IDS).loss
        loss.backward()
        optimizer.step()
        if after_step:
            after_step(step)
        optimizer.zero_grad()
        losses.append(loss.item())
    return found, losses


@pytest.mark.parametrize("method", ["lora", "adalora", "full"])
def test_a_method_learns_and_is_the_same_after_reloading(method: str, tmp_path: Path) -> None:
    model, shape = made_model(), AdapterShape(4, 8, 0.0, method=method)
    before = model(input_ids=IDS).logits
    found, losses = trained(model, shape)
    assert losses[-1] < losses[0] - 0.2
    assert torch.equal(model(input_ids=IDS).logits, before)
    save_adapter(found, tmp_path)
    again = beside(model)
    load_adapter(again, Adapter("again", tmp_path, shape))
    rounded = {name: value.bfloat16().float() for name, value in adapter_state(found).items()}
    found.load_state_dict(rounded, strict=False)
    assert torch.equal(again(input_ids=IDS).logits, found.eval()(input_ids=IDS).logits)
    assert not torch.allclose(again(input_ids=IDS).logits, before, atol=1e-2)


def test_adalora_gives_ranks_up() -> None:
    found, _ = trained(made_model(), AdapterShape(4, 8, 0.0, method="adalora"), 30)
    singular = torch.cat([value.flatten() for name, value in adapter_state(found).items() if "lora_E" in name])
    assert int((singular == 0).sum()) == 2 * (len(singular) // 6)  # of 6 a layer 4 are left


def test_ranks_that_were_given_up_stay_so_when_a_run_goes_on() -> None:
    shape, steps = AdapterShape(4, 8, 0.0, method="adalora"), 30
    found, _ = trained(made_model(), shape, steps)
    again = beside(made_model())
    after_step = add_adapter(again, shape, steps=steps)
    assert after_step
    again.load_state_dict(adapter_state(found), strict=False)
    optimizer = torch.optim.AdamW([value for value in again.parameters() if value.requires_grad], lr=2e-2)
    after_step(steps - 2)
    again(input_ids=IDS, labels=IDS).loss.backward()
    optimizer.step()
    after_step(steps - 1)
    one, other = (adapter_state(model) for model in (found, again))
    singular = [name for name in one if "lora_E" in name]
    assert all(torch.equal(one[name] == 0, other[name] == 0) for name in singular)
    assert not all(torch.equal(one[name], other[name]) for name in singular)


@pytest.mark.parametrize("method", ["prefix", "dora", "magic"])
def test_what_does_not_run_is_refused_with_the_reason(method: str) -> None:
    with pytest.raises(ModelError, match=f"method '{method}': .*; take one of lora, adalora, full"):
        add_adapter(made_model(), AdapterShape(method=method))


def test_weights_in_few_bits_are_not_tuned_as_a_whole() -> None:
    with pytest.raises(ModelError, match="method 'full': .* torch.bfloat16, .* set precision fp32"):
        add_adapter(made_model().bfloat16(), AdapterShape(method="full"))
