"""The benchmark's own arithmetic, and one small run with the real model."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.resources import Resources
from engine.layout import Slot, lay_out
from engine.passes import Job
from eval.speed.machine import Products
from eval.speed.table import Ratio, Row, Run, bench, earlier, keep
from eval.speed.ways import TARGETS, _pairs
from history.records import Event, Item
from workspace.errors import DataError
from workspace.home import Home
from workspace.settings import Settings


def test_operations_are_two_a_weight_and_token_and_four_a_pair_and_attention_channel() -> None:
    products = Products(((3, 2), (5, 2)), attention=7)
    assert products.operations(10) == 2 * 10 * 16
    assert products.operations(0, pairs=4) == 4 * 4 * 7


def test_pairs_are_the_mask_without_what_is_known() -> None:
    layout = lay_out([Slot((1, 2, 3), -1, 0), Slot((4, 5), 0, 2), Slot((6,), 0, 3)])
    assert _pairs(Job(layout)) == int(layout.mask().sum())
    assert _pairs(Job(layout, known=2)) == int(layout.mask()[2:].sum())


def test_runs_are_kept_and_found_again_and_a_damaged_line_is_left_out(tmp_path: Path) -> None:
    row, ratio = Row("packed", "bf16", 10, 2.0, 0.5, 0.6), Ratio("other", "packed", "bf16", 3.0, "≥ 2")
    runs = [Run(made, "here", work, (row,), (ratio,)) for made, work in (("1", "a"), ("2", "b"), ("3", "a"))]
    for run in runs:
        keep(run, tmp_path / "bench.jsonl")
    with (tmp_path / "bench.jsonl").open("a") as stream:
        stream.write('{"made": "4"\n[]\n')
    assert [run.made for run in earlier(tmp_path / "bench.jsonl", runs[0])] == ["3", "1"]
    assert next(earlier(tmp_path / "bench.jsonl", runs[1])) == runs[1]
    assert not list(earlier(tmp_path / "none", runs[0]))
    assert row.rate == 5.0


def test_too_little_to_measure_is_refused(resources: Resources) -> None:
    with pytest.raises(DataError, match="too few to rank 100"):
        bench(resources, ["fp32"], 4, 3)


@pytest.mark.model
def test_every_way_runs_and_ours_reads_fewer_tokens(real_home: Home, tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.root.mkdir()
    os.symlink(real_home.models, home.root / "models")
    resources = Resources.at(home, Settings())
    items = [Item(f"i{number}", f"Film {number}") for number in range(120)]
    events = [Event("anna", f"i{number}", float(number), "like") for number in range(6)]
    resources.store.add(items, events, order_only=False)
    run = bench(resources, ["bf16"], 4, 3)
    tokens = {row.work: row.tokens for row in run.rows}
    assert {ratio.other for ratio in run.ratios} == {other for other, _, _ in TARGETS}
    assert tokens["packed, warm stem"] < tokens["packed, one new event"] < tokens["packed, cold"]
    assert tokens["packed, cold"] < tokens["one prompt a candidate, batched, cold"]
    assert all(row.seconds > 0 and row.share > 0 for row in run.rows)
