"""On a GPU: what is taught there reads on a CPU as it did, and the real model in 4 bits learns."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.adapters import AdapterShape, add_adapter
from engine.loading import load_model
from tests.tuning.conftest import made_histories, made_reader
from tuning.plan import Plan
from tuning.reader import Reader, collate
from tuning.trainer import ReadingTrainer, TrainOptions
from workspace.home import Home

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
]


def test_what_a_gpu_has_taught_reads_on_a_cpu_as_it_did(tmp_path: Path) -> None:
    reader, plan = made_reader().to("cuda"), Plan([made_histories()], 12, events=6, tokens=100, seed=0)
    options = TrainOptions(rate=1e-2, head_rate=2e-2, looks=0)
    ReadingTrainer(reader, plan, None, tmp_path, options).train()
    with torch.inference_mode():
        there = float(reader.eval()(collate(plan[0]))["loss"])
        here = float(reader.to("cpu")(collate(plan[0]))["loss"])
    assert there == pytest.approx(here, abs=1e-3)
    assert there < 0.3


@pytest.mark.parametrize("precision", ["nf4", "bf16"])
def test_gradients_reach_the_adapter_through_its_weights(real_home: Home, precision: str) -> None:
    model, _ = load_model(real_home.models / "smollm2-135m-instruct", precision)  # type: ignore[arg-type]
    add_adapter(model, AdapterShape(depth=3))
    head = made_reader().head
    head.norm, head.state = torch.nn.LayerNorm(576), torch.nn.Linear(576, head.shape.width)
    reader = Reader(model, head.to(model.device))
    reader(collate(Plan([made_histories()], 1, events=6, tokens=100, seed=0)[0]))["loss"].backward()
    gradients = {name: value.grad for name, value in reader.trained().items() if "lora_B" in name}
    assert gradients
    assert all(grad is not None and grad.abs().sum() > 0 for grad in gradients.values())
