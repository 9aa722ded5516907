"""Words for reasons: what is learnt from is true, and what was learnt is used where a model writes freely."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agent.rationale import Rationales, first_sentence
from agent.resources import Resources
from agent.talk import talk_for
from prompts.phrases import Phrases
from tuning.made_facts import made_lessons
from tuning.talk import TalkOptions, teach
from workspace.home import Home
from workspace.settings import Settings


def test_every_made_answer_is_carried_by_its_facts_and_drawn_by_the_seed() -> None:
    lessons = list(made_lessons(300, 3))
    assert {lesson.domain.name for lesson in lessons} == {"video", "shopping", "reading", "news", "social"}
    assert len({lesson.answer for lesson in lessons}) > 290
    for lesson in lessons:
        checked = Rationales(Phrases(lesson.domain, "title"), lesson.domain)
        assert checked.carried(lesson.draft, lesson.answer), lesson.answer
        assert first_sentence(f"{lesson.answer} And more.") == lesson.answer
    assert [one.answer for one in made_lessons(10, 3)] == [one.answer for one in lessons[:10]]
    assert [one.answer for one in made_lessons(10, 4)] != [one.answer for one in lessons[:10]]


@pytest.mark.model
@pytest.mark.slow
def test_a_model_learns_to_word_reasons_and_another_does_not_get_its_adapter(real_home: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    (home.root / "models").symlink_to(real_home.models)
    resources = Resources.at(home, Settings(precision="bf16"))
    losses = [
        teach(resources, TalkOptions(count, rounds=0, together=4, rate=2e-3, rank=8), tmp_path / "run").about["loss"]
        for count in (8, 48)
    ]
    assert losses[1] < losses[0] - 0.3
    taught = talk_for(home, resources.fingerprint)
    assert taught and not taught.turns and taught.adapter.shape.rank == 8
    assert (taught.adapter.folder / "adapter.safetensors").stat().st_size < 10e6
    assert talk_for(Home(tmp_path), "other weights") is None
    assert np.isfinite(losses).all()
