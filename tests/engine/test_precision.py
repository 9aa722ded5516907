"""The fastest precision: measured once for a machine and a model, and never among what was not asked for."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from engine import precision as module
from engine.precision import Speeds, fastest, remembered
from workspace.errors import ModelError
from workspace.home import Home
from workspace.settings import Precision

RATES: dict[Precision, float] = {"nf4": 300.0, "int8": 100.0, "bf16": 400.0, "fp32": 200.0}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Precision]:
    """What was measured, in that order; the rates are made."""
    asked: list[Precision] = []

    def rate(source: Path | str, precision: Precision) -> float:
        asked.append(precision)
        return RATES[precision]

    monkeypatch.setattr(module, "tokens_per_second", rate)
    return asked


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "home" / "speed.json"


def test_one_allowed_precision_is_not_measured(measured: list[Precision], memory: Path) -> None:
    assert fastest("model", ["int8"], memory) == "int8"
    assert not measured
    assert not memory.exists()


def test_each_is_measured_once_and_another_choice_reuses_it(measured: list[Precision], memory: Path) -> None:
    assert fastest("model", ["nf4", "int8"], memory) == "nf4"
    assert fastest("model", ["nf4", "int8"], memory) == "nf4"
    assert measured == ["nf4", "int8"]
    assert fastest("model", ["int8", "fp32"], memory) == "fp32"
    assert measured == ["nf4", "int8", "fp32"]
    assert remembered("model", memory) == {"nf4": 300.0, "int8": 100.0, "fp32": 200.0}
    assert [path.name for path in memory.parent.iterdir()] == ["speed.json"]


def test_another_model_or_machine_is_measured_and_none_forgotten(
    measured: list[Precision], memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fastest("model", ["nf4", "fp32"], memory)
    fastest("another", ["nf4", "fp32"], memory)
    monkeypatch.setattr(module, "machine", lambda: "another machine")
    assert not remembered("model", memory)
    fastest("model", ["nf4", "fp32"], memory)
    assert measured == ["nf4", "fp32"] * 3
    assert sorted(map(len, json.loads(memory.read_text()).values())) == [1, 2]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b'{"here": {"model": {"nf4": 1.0',
        b"[1, 2]",
        b'{"here": {"model": {"fp4": 9.0}}}',
        b'{"here": {"model": {"nf4": -1, "fp32": 9.0}}}',
        b'{"here": {"model": {"nf4": NaN, "fp32": 9.0}}}',
        b'{"here": {"model": {"nf4": "fast"}}}',
    ],
)
def test_a_damaged_or_foreign_file_is_measured_anew(
    measured: list[Precision], memory: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(module, "machine", lambda: "here")
    memory.parent.mkdir()
    memory.write_bytes(content)
    assert fastest("model", ["nf4", "fp32"], memory) == "nf4"
    assert Speeds.validate_json(memory.read_bytes()) == {"here": {"model": {"nf4": 300.0, "fp32": 200.0}}}


def test_where_nothing_can_be_written_it_goes_on(
    measured: list[Precision], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    assert fastest("model", ["nf4", "bf16"], tmp_path / "file" / "speed.json") == "bf16"
    (tmp_path / "speed.json").mkdir()
    assert fastest("model", ["nf4", "bf16"], tmp_path / "speed.json") == "bf16"
    assert caplog.text.count("was not kept") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "speed.json"]


@pytest.mark.parametrize("error", [ModelError("no"), ImportError("no"), RuntimeError("no"), MemoryError("no")])
def test_what_does_not_run_here_is_left_out_and_not_tried_again(
    memory: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def rate(source: Path | str, precision: Precision) -> float:
        if precision == "int8":
            raise error
        return RATES[precision]

    monkeypatch.setattr(module, "tokens_per_second", rate)
    assert fastest("model", ["int8", "fp32"], memory) == "fp32"
    assert fastest("model", ["int8", "fp32"], memory) == "fp32"
    assert caplog.text.count("int8 is left out") == 1


def test_a_model_that_loads_in_none_is_an_error_and_not_remembered(memory: Path) -> None:
    with pytest.raises(ModelError, match=r"/no/model.*none of bf16, fp32"):
        fastest("/no/model", ["bf16", "fp32"], memory)
    assert not memory.exists()


def test_the_machine_is_told_by_processor_threads_and_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Some CPU: 3 GHz\nmodel name\t: Other\n")
    monkeypatch.setattr(module, "CPUINFO", tmp_path / "cpuinfo")
    assert module.machine().startswith("Some CPU: 3 GHz, ")
    monkeypatch.setattr("torch.get_num_threads", lambda: 77)
    assert "77 threads, torch 2." in module.machine()
    monkeypatch.setattr(module, "CPUINFO", tmp_path / "none")
    assert not module.machine().startswith(("Some", ","))


@pytest.mark.model
@pytest.mark.slow
def test_the_real_model_is_measured_and_remembered(
    real_home: Home, memory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = real_home.models / "smollm2-135m-instruct"
    caplog.set_level(logging.INFO, module.__name__)
    chosen = fastest(source, ["bf16", "fp32"], memory)
    rates = remembered(source, memory)
    assert rates.keys() == {"bf16", "fp32"}
    assert chosen == max(rates, key=lambda name: rates[name])
    assert fastest(source, ["bf16", "fp32"], memory) == chosen
    assert caplog.text.count("the fastest precision here") == 1
