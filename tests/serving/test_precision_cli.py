"""`--precision`, and what `auto` becomes in a home."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import get_args

import pytest

from agent.fit import fit
from agent.fusion import LanguageWeight
from agent.knowledge import LANGUAGE, Knowledge
from agent.options import FitOptions, Recipe
from agent.resources import Resources
from engine import precision as speed
from serving.cli import main as cli
from workspace.artefact import current, publish
from workspace.home import Home
from workspace.settings import Precision, PrecisionChoice, Settings, load_settings

Run = Callable[..., tuple[int, str, str]]
WEIGHT = LanguageWeight(0.5, 0.5, 0.1, 64)


@pytest.fixture
def run(resources: Resources, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command in the home of `resources`: exit code, output, errors."""

    def once(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("FORETASTE_PRECISION", "")  # so that what the command sets is taken back
        monkeypatch.setattr(sys, "argv", ["foretaste", "--home", str(resources.home.root), *arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return once


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[Precision]]:
    """Among which precisions the fastest was sought; it is always the last one."""
    found: list[list[Precision]] = []

    def last(source: object, among: Sequence[Precision], memory: Path, threads: int = 0) -> Precision:
        found.append(list(among))
        return among[-1]

    monkeypatch.setattr(speed, "fastest", last)
    return found


@pytest.fixture
def auto(resources: Resources) -> Resources:
    """The same home with `precision = "auto"`, fitted without a language model in the default precision."""
    fit(resources, FitOptions(language_targets=0, recipe=Recipe.short))
    return with_precision(resources, "auto")


def with_precision(resources: Resources, precision: PrecisionChoice) -> Resources:
    made = replace(resources, settings=resources.settings.model_copy(update={"precision": precision}))
    vars(made).update(encoder=resources.encoder, engine=resources.engine)
    return made


def measure(resources: Resources, *precisions: Precision) -> None:
    """Publish the fit again, with a weight measured in each of `precisions`."""
    artefact = current(resources.home.index, "")
    weights = {with_precision(resources, name).language_key: asdict(WEIGHT) for name in precisions}
    files = {path.name: path.read_bytes() for path in artefact.folder.iterdir() if path.name != "artefact.json"}

    def write(folder: Path) -> None:
        for name, content in {**files, LANGUAGE: json.dumps(weights).encode()}.items():
            (folder / name).write_bytes(content)

    publish(resources.home.index, artefact.about, write)


def test_a_fit_may_choose_any_precision_and_keeps_its_weight_under_it(
    resources: Resources, asked: list[list[Precision]]
) -> None:
    made = with_precision(resources, "auto")
    report = fit(made, FitOptions(language_targets=8, recipe=Recipe.short))
    assert asked == [["nf4", "int8", "bf16", "fp32"]]
    assert made.language_name == "fake (fp32)"
    know = Knowledge(with_precision(resources, "auto"))
    assert (know.resources.precision, know.language_weight) == ("fp32", report.language)
    assert len(asked) == 1


def test_one_measured_precision_is_taken_without_a_look_at_the_model(auto: Resources) -> None:
    measure(auto, "int8")
    know = Knowledge(auto)
    assert know.resources.precision == "int8"
    assert know.language_weight == WEIGHT
    assert "(int8)" in auto.language_name


def test_of_several_measured_ones_the_fastest_is_taken(auto: Resources, asked: list[list[Precision]]) -> None:
    measure(auto, "nf4", "bf16")
    assert Knowledge(auto).resources.precision == "bf16"
    assert asked == [["nf4", "bf16"]]


def test_where_none_was_measured_it_is_the_default(auto: Resources, asked: list[list[Precision]]) -> None:
    know = Knowledge(auto)
    assert know.resources.precision == Settings().precision == "nf4"
    assert know.language_weight.targets == 0
    assert not asked


def test_a_weight_for_another_prompt_does_not_count(auto: Resources, asked: list[list[Precision]]) -> None:
    measure(auto, "fp32")
    other = replace(auto, settings=auto.settings.model_copy(update={"rendering": "title"}))
    vars(other).update(encoder=auto.encoder, engine=auto.engine)
    assert Knowledge(other).resources.precision == "nf4"


def test_a_named_precision_stays(auto: Resources, asked: list[list[Precision]]) -> None:
    measure(auto, "int8")
    know = Knowledge(with_precision(auto, "fp32"))
    assert know.resources.precision == "fp32"
    assert not know.language_weight.targets
    assert not asked


def test_the_option_goes_before_the_file(run: Run, resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def at(home: Home, settings: Settings | None = None) -> Resources:
        seen.append(load_settings(home).precision)
        return resources

    resources.home.settings_file.write_text('precision = "int8"\n')
    monkeypatch.setattr(Resources, "at", at)
    assert run("--precision", "auto", "items", "withdraw", "i01")[0] == 0
    assert run("--precision", "fp32", "items", "restore", "i01")[0] == 0
    assert seen == ["auto", "fp32"]
    monkeypatch.delenv("FORETASTE_PRECISION")
    assert load_settings(resources.home).precision == "int8"


def test_an_unknown_precision_is_refused(run: Run) -> None:
    code, _, errors = run("--precision", "fp4", "doctor")
    assert code == 2
    assert "fp4" in errors
    assert all(name in errors for name in get_args(PrecisionChoice))
    assert os.environ["FORETASTE_PRECISION"] == ""


def test_the_option_has_the_choices_of_the_setting() -> None:
    assert set(get_args(cli.Precision)) == set(get_args(PrecisionChoice))


def test_doctor_says_which_is_in_use_and_how_fast_each_is(
    run: Run, auto: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Resources, "at", lambda *_: auto)
    measure(auto, "bf16")
    assert "precision bf16 (auto; tokens a second here: not measured)" in run("doctor")[1]
    monkeypatch.setattr(speed, "remembered", lambda *_: {"bf16": 1234.5, "int8": 0.0})
    assert "precision bf16 (auto; tokens a second here: bf16 1,234, int8 does not run)" in run("doctor")[1]
    monkeypatch.setattr(Resources, "at", lambda *_: with_precision(auto, "nf4"))
    assert "precision nf4\n" in run("doctor")[1]
