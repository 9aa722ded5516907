"""The ways to teach that are timed beside each other teach the same."""

from __future__ import annotations

import numpy as np

from tests.tuning.conftest import made_histories
from tests.tuning.test_choices import BRANCHES, chooser
from tuning.speed import candidates, prompts


def test_one_example_a_prompt_has_the_same_targets() -> None:
    reading = made_histories(1)[0].reading(np.arange(6))
    found = prompts(reading)
    assert [int(one.targets[0]) for one in found] == reading.targets.tolist()
    assert [one.ids.tolist() for one in found] == [reading.ids[: end + 1].tolist() for end in reading.ends]


def test_one_prompt_a_candidate_has_the_same_branches() -> None:
    asked = chooser().ask(made_histories(1)[0].reading(np.arange(6)), 0.0, np.random.default_rng(0))
    found = candidates(asked)
    assert [one.choices[0].branches[0] for one in found] == [one for choice in asked.choices for one in choice.branches]
    assert all(len(one.choices[0].branches) == 1 and one.choices[0].place == 0 for one in found)
    assert {one.choices[0].branches[0] for one in found} <= set(BRANCHES)
