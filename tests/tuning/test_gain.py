"""The learning curve's settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from eval.intervals import Interval
from eval.thin import Gain
from tuning.gain import ALL, RARE, SYSTEMS, Point, draw, table


def test_the_curve_tells_of_all_targets_and_of_rare_items(tmp_path: Path) -> None:
    found = Interval(0.01, -0.002, 0.02, 90)
    gain = Gain(ALL, 90, "tuned-fused", "ndcg@10", 0.08, found)
    rare = replace(gain, part=RARE, base=0.02)
    figures = dict.fromkeys(SYSTEMS, Interval(0.08, 0.07, 0.09, 90))
    points = [
        Point(32, figures, {(ALL, "ndcg@10"): gain, (RARE, "ndcg@10"): rare}),
        Point(943, figures, {(ALL, "ndcg@10"): gain}),
    ]
    lines = table(points).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert lines[2].startswith("| 32 | 0.0800 | 0.0800 | 0.0800 | ")
    assert "of 0.0200" in lines[2]
    assert "no targets" in lines[3]
    draw(points, tmp_path / "gain.svg")
    drawn = (tmp_path / "gain.svg").read_text()
    assert "items of fewer than 5 events" in drawn
    assert "943" in drawn
