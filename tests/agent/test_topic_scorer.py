"""Topics as branches of one packed pass, against a prompt of its own for each place of the history."""

from __future__ import annotations

import numpy as np
import pytest

from agent.resources import Resources
from agent.topic_scorer import TopicScorer
from history.catalogue import Catalogue
from history.records import Event, Item
from history.timeline import Timeline
from workspace.home import Home
from workspace.settings import Settings

TITLES = (
    "Alien",
    "Heat",
    "Casino",
    "Fargo",
    "Psycho",
    "Blade Runner",
    "The Shining",
    "Goodfellas",
    "Taxi Driver",
    "Jaws",
)
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def scorer(real_home: Home) -> TopicScorer:
    settings = Settings(precision="fp32", history_over=6, history_keep=3)
    resources = Resources(real_home, settings)
    catalogue = Catalogue(Item(title.lower(), title) for title in TITLES)
    return TopicScorer(resources.engine, resources.renderer, catalogue, "likelihood", names=("Horror", "Crime", "War"))


def test_the_whole_way_in_packed_passes_equals_a_prompt_for_each_place(scorer: TopicScorer) -> None:
    events = tuple(Event("u", title.lower(), float(place), "like") for place, title in enumerate(TITLES))
    timeline = Timeline("u", events)
    places = [2, 4, 6, 8, 10]  # past six events a prompt begins later
    together = scorer.along_history(timeline, places)
    alone = np.concatenate([scorer.along_history(timeline.before(place), [place]) for place in places])
    assert together.shape == (5, 3)
    assert together == pytest.approx(alone, abs=1e-3)


def test_without_a_history_nothing_is_said(scorer: TopicScorer) -> None:
    assert scorer.along_history(Timeline("u"), [0]) == pytest.approx(np.zeros((1, 3)), abs=1e-3)
