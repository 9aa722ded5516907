"""Lines that may be written, and no others."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.lines import Lines
from engine.local import LocalEngine
from engine.protocol import WriteLimits
from prompts.segment import Piece, Segment
from workspace.home import Home

A, B, C, D, NEWLINE = 1, 2, 3, 4, 9
GIVEN = [[A, B, NEWLINE], [A, C, D, NEWLINE], [B, NEWLINE], [A, B, NEWLINE]]


def test_what_may_follow_are_the_beginnings_that_go_on() -> None:
    lines = Lines.of(GIVEN, 9)
    assert lines.count == 3  # two are alike
    assert lines.following([]).tolist() == [A, B]
    assert lines.following([A]).tolist() == [B, C]
    assert lines.following([A, C]).tolist() == [D]
    assert lines.following([C]).tolist() == []
    assert lines.following([C, A, A, B, NEWLINE, A]).tolist() == []


def test_no_line_comes_twice_and_after_the_last_nothing_does() -> None:
    lines = Lines.of(GIVEN, 2)
    assert lines.following([A, B, NEWLINE]).tolist() == [A, B]
    assert lines.following([A, B, NEWLINE, A]).tolist() == [C]
    assert lines.following([B, NEWLINE]).tolist() == [A]
    assert lines.following([B, NEWLINE, A, B, NEWLINE]).tolist() == []
    assert Lines.of([], 3).following([]).tolist() == []


def test_what_leaves_no_choice_is_forced() -> None:
    lines = Lines.of(GIVEN, 3)
    assert lines.forced([A, C], 4) == [D, NEWLINE]
    assert lines.forced([A, C], 1) == [D]
    assert lines.forced([A], 4) == []
    assert lines.forced([A, B, NEWLINE, B, NEWLINE], 9) == [A, C, D, NEWLINE]


@pytest.fixture(scope="module")
def bf16(real_home: Home) -> LocalEngine:
    return LocalEngine(real_home.models / "smollm2-135m-instruct", "bf16")


@pytest.mark.model
def test_only_these_lines_are_written_each_once_by_what_the_model_holds_likely(bf16: LocalEngine) -> None:
    titles = ["Alien\n", "Aliens\n", "Alien 3\n", "Fargo\n", "Café Müller\n", "2001: A Space Odyssey\n", "🙂\n"]
    stem = Segment((Piece("Films, one a line:\nHeat\nSeven\n"),))
    limits = WriteLimits(200, (), tuple(titles), 5)
    text = "".join(bf16.write(stem, limits))
    written = text.splitlines(keepends=True)
    assert len(written) == len(set(written)) == 5
    assert set(written) <= set(titles)
    together = ["", ""]
    for place, piece in bf16.write_all([stem, Segment((Piece("Cats:\n"),))], limits):
        together[place] += piece
    assert together[0] == text
    assert sorted(
        "".join(bf16.write(stem, WriteLimits(200, (), tuple(titles), 99))).splitlines(keepends=True)
    ) == sorted(titles)


@pytest.mark.model
def test_a_line_is_chosen_token_by_token_as_the_model_alone_would_among_these(bf16: LocalEngine) -> None:
    titles = [f"{word} {other}\n" for word in ("red", "blue", "old") for other in ("river", "house", "night sky")]
    stem = Segment((Piece("The old man looked at the dark"),))
    (line,) = "".join(bf16.write(stem, WriteLimits(20, (), tuple(titles), 1))).splitlines(keepends=True)
    ids = [token for piece in bf16.tokens.encode(stem) for token in piece]
    rows = Lines.of([bf16.tokens.encode(Segment((Piece(one),)))[0] for one in titles], 1)
    written: list[int] = []
    while len(following := rows.following(written)):
        logits = bf16.model(torch.tensor([ids + written])).logits[0, -1]
        written.append(int(following[np.argmax(logits[following.tolist()].float().detach().numpy())]))
    assert bf16.tokens.decode(written) == line
