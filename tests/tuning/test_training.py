"""Training runs: they learn, stop, go on where they stopped, and refuse what is no number."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.tuning.conftest import made_reader
from tuning.examples import History
from tuning.plan import Plan
from tuning.reader import Reader, collate
from tuning.trainer import LOG, ReadingTrainer, TrainOptions
from workspace.errors import ForetasteError, NotReady

OPTIONS = TrainOptions(rate=1e-2, head_rate=2e-2, looks=4)


def plan_of(histories: list[History], epochs: int = 12) -> Plan:
    return Plan([histories], epochs, events=6, tokens=100, seed=0)


def look(reader: Reader, plan: Plan) -> float:
    reader.eval()
    with torch.inference_mode():
        return -float(reader(collate(plan[0]))["loss"])


def trainer_of(reader: Reader, plan: Plan, folder: Path, options: TrainOptions = OPTIONS) -> ReadingTrainer:
    folder.mkdir(exist_ok=True)
    return ReadingTrainer(reader, plan, lambda: look(reader, plan), folder, options)


def test_what_is_reported_to_must_be_there(histories: list[History], tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="to report to no_such_place, install it"):
        trainer_of(made_reader(), plan_of(histories, 1), tmp_path, replace(OPTIONS, report_to="no_such_place"))


def losses(folder: Path) -> list[float]:
    lines = [json.loads(line) for line in (folder / LOG).read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def test_a_reader_learns_what_is_certain_and_only_adapter_and_head_change(
    histories: list[History], reader: Reader, tmp_path: Path
) -> None:
    frozen = {name: value.clone() for name, value in reader.named_parameters() if not value.requires_grad}
    plan = plan_of(histories)
    before = look(reader, plan)
    trainer_of(reader, plan, tmp_path / "run").train()
    assert look(reader, plan) > -0.3 > before
    for name, value in reader.named_parameters():
        if name in frozen:
            assert torch.equal(value, frozen[name]), name
    found = losses(tmp_path / "run")
    assert found[-1] < 0.5 < found[0]


def test_what_is_trained_is_in_float32_and_multiplied_as_the_model_is(histories: list[History]) -> None:
    reader = made_reader()
    torch.nn.Module.to(reader.language, torch.bfloat16)
    trained = reader.trained()
    for value in trained.values():
        value.data = value.data.float()
    kinds = set()
    for name, layer in reader.language.named_modules():
        if name.endswith("lora_A.default"):
            layer.register_forward_hook(lambda _, inputs, output: kinds.add((inputs[0].dtype, output.dtype)))
    reader(collate(plan_of(histories)[0]))["loss"].backward()
    assert kinds == {(torch.bfloat16, torch.bfloat16)}
    assert {value.grad.dtype for value in trained.values() if value.grad is not None} == {torch.float32}


def test_the_same_seed_trains_the_same_reader(histories: list[History], tmp_path: Path) -> None:
    states = []
    for name in ("one", "two"):
        trainer_of(reader := made_reader(), plan_of(histories, 2), tmp_path / name).train()
        states.append(reader.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize("looks", [3, 4])
def test_a_run_that_was_killed_goes_on_to_the_same_losses(histories: list[History], tmp_path: Path, looks: int) -> None:
    plan, options = plan_of(histories, 4), replace(OPTIONS, looks=looks)
    whole = trainer_of(straight := made_reader(), plan, tmp_path / "whole", options)
    whole.train()

    class Killed(Exception):
        pass

    looked = 0

    def kill() -> float:
        nonlocal looked
        looked += 1
        if looked == 3:
            raise Killed
        return look(reader, plan)

    killed = trainer_of(reader := made_reader(), plan, tmp_path / "killed", options)
    killed._look = kill
    with pytest.raises(Killed):
        killed.train()
    trainer_of(again := made_reader(), plan, tmp_path / "killed", options).train(resume_from_checkpoint=True)
    one, other = straight.state_dict(), again.state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)
    curve = dict.fromkeys(losses(tmp_path / "killed"))
    assert list(curve) == list(dict.fromkeys(losses(tmp_path / "whole")))


def test_a_run_that_ended_early_is_taken_up_as_it_ended(histories: list[History], tmp_path: Path) -> None:
    plan, options = plan_of(histories), replace(OPTIONS, looks=6, patience=2)
    ended = trainer_of(reader := made_reader(), plan, tmp_path / "run", options)
    ended._look = lambda: -float(ended.state.global_step)  # the first look is the best
    ended.train()
    steps = ended.state.global_step
    assert steps < len(plan)
    again = trainer_of(other := made_reader(), plan, tmp_path / "run", options)
    again.take_up()
    assert (again.state.global_step, again.tokens) == (steps, ended.tokens)
    one, other_state = reader.state_dict(), other.state_dict()
    assert all(torch.equal(one[name], other_state[name]) for name in one)


def test_a_checkpoint_holds_no_weight_of_the_models_own(
    histories: list[History], reader: Reader, tmp_path: Path
) -> None:
    trainer_of(reader, plan_of(histories, 1), tmp_path / "run").train()
    (last, *_) = sorted((tmp_path / "run").glob("checkpoint-*"))
    assert set(load_file(last / "model.safetensors")) == set(reader.trained())


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_good_checkpoint(
    histories: list[History], reader: Reader, tmp_path: Path
) -> None:
    plan = plan_of(histories, 4)
    trainer = trainer_of(reader, plan, tmp_path / "run", replace(OPTIONS, looks=4))

    def look_and_break() -> float:
        found = look(reader, plan)
        if trainer.state.global_step > len(plan) // 2:
            with torch.no_grad():
                reader.head.popularity.fill_(torch.nan)
        return found

    trainer._look = look_and_break
    with pytest.raises(ForetasteError, match=r"the loss became nan in step \d+, a batch of \d+ events"):
        trainer.train()
    assert list((tmp_path / "run").glob("checkpoint-*/model.safetensors"))


def test_gradients_that_are_no_numbers_make_no_step(histories: list[History], reader: Reader, tmp_path: Path) -> None:
    plan, made = plan_of(histories, 4), 0

    def spoil(gradient: torch.Tensor) -> torch.Tensor:
        nonlocal made
        made += 1
        return gradient * torch.nan if made > len(plan) // 2 else gradient

    reader.head.popularity.register_hook(spoil)  # type: ignore[no-untyped-call]
    with pytest.raises(ForetasteError, match=r"a gradient became no number in step \d+, a batch of \d+ events"):
        trainer_of(reader, plan, tmp_path / "run").train()
    assert all(torch.isfinite(value).all() for value in reader.trained().values())
    kept = [load_file(file) for file in (tmp_path / "run").glob("checkpoint-*/model.safetensors")]
    assert kept
    assert all(torch.isfinite(value).all() for tensors in kept for value in tensors.values())
