"""The picture of interests: everything that is said of a user is in it, and nothing breaks out of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from interests.picture import MOST, Stream, draw

COUNT = 12
STREAM = Stream(
    title="Interests of <u>",
    shares=np.full((COUNT, 3), 1 / 3),
    forecast=np.array([0.5, 0.3, 0.2]),
    names=["Crime & Punishment", "Drama", "犯罪"],
    events=[f"Film <b>{place}</b>" for place in range(COUNT)],
    moments=[f"1998-01-{place + 1:02d}" for place in range(COUNT)],
    shifts=[(6, "1998-01-07: towards Drama +40%")],
)


def page(stream: Stream, folder: Path) -> str:
    draw(stream, folder / "of.html")
    return (folder / "of.html").read_text(encoding="utf-8")


def test_the_page_names_topics_and_says_of_each_event_what_it_was(tmp_path: Path) -> None:
    found = page(STREAM, tmp_path)
    assert found.count("<title>") == COUNT + 1
    assert "<title>Film &lt;b&gt;3&lt;/b&gt; (1998-01-04)</title>" in found
    assert "<b>" not in found
    assert "<u>" not in found
    for told in ("Crime &amp; Punishment", "犯罪", "50%", "<li>1998-01-07: towards Drama +40%</li>"):
        assert told in found
    assert "<script" not in found


def test_the_same_interests_are_the_same_page(tmp_path: Path) -> None:
    assert page(STREAM, tmp_path) == page(STREAM, tmp_path)


def test_a_file_that_ends_in_png_is_a_picture(tmp_path: Path) -> None:
    draw(STREAM, tmp_path / "of.png")
    assert (tmp_path / "of.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="pdf"):
        draw(STREAM, tmp_path / "of.pdf")


def test_of_very_many_events_the_last_are_drawn(tmp_path: Path) -> None:
    count = MOST + 50
    many = replace(
        STREAM,
        shares=np.full((count, 3), 1 / 3),
        events=[f"film number {place}" for place in range(count)],
        moments=["1998"] * count,
        shifts=[(10, "long ago"), (count - 5, "lately")],
    )
    found = page(many, tmp_path)
    assert f"the last {MOST:,}" in found
    assert "film number 49 " not in found
    assert "film number 50 " in found
    assert "lately" in found
    assert "long ago" not in found


def test_nothing_known_is_a_forecast_alone(tmp_path: Path) -> None:
    found = page(replace(STREAM, shares=np.zeros((0, 3)), events=[], moments=[], shifts=[]), tmp_path)
    assert "50%" in found
