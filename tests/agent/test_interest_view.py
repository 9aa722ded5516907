"""What a user is into, from the home's own tracker."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agent.fit import fit
from agent.interest_view import interests_of, moment, say
from agent.knowledge import Knowledge
from agent.options import FitOptions, Recipe
from agent.recommender import Recommender
from agent.resources import Resources
from history.records import Event
from history.timeline import Timeline
from interests.tracker import Habits
from workspace.errors import UnknownName, UsageError


def turned(know: Knowledge, first: int = 24, then: int = 16) -> Timeline:
    """A visitor of comedies who turns to horror."""
    ids = {
        genre: [one for one, item in know.catalogue.items() if item.categories == (genre,)]
        for genre in ("Comedy", "Horror")
    }
    names = ["Comedy"] * first + ["Horror"] * then
    events = [
        Event("visitor", ids[name][place % len(ids[name])], 86_400.0 * place, "like")
        for place, name in enumerate(names)
    ]
    return Timeline("visitor", tuple(events))


def test_made_users_are_into_their_one_category(recommender: Recommender) -> None:
    know = recommender.knowledge
    view, course = interests_of(know, know.store.timeline("u00"))
    assert (view.now[0].topic, view.next[0].topic) == ("Comedy", "Comedy")
    assert 0.5 < view.confidence <= 1.0
    assert not view.shifts
    assert course.shares.shape == (8, 4)
    assert course.shares.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert sum(one.share for one in view.next) == pytest.approx(1.0, abs=1e-5)
    assert view.within[10][0].share >= view.within[5][0].share >= view.next[0].share
    probabilities = [item.probability for item in view.next_items]
    assert probabilities == sorted(probabilities, reverse=True)
    seen = {event.item_id for event in know.store.timeline("u00").events}
    assert not seen & {item.item_id for item in view.next_items}


def test_a_turn_has_a_date_a_direction_and_events_that_show_it(recommender: Recommender) -> None:
    know = recommender.knowledge
    know.tracking = replace(know.tracking, habits=Habits(slow_events=20.0))  # made users never turn
    timeline = turned(know)
    view, course = interests_of(know, timeline)
    (shift,) = view.shifts
    assert shift.begun == "1970-01-25"
    assert (shift.rose[0].topic, shift.fell[0].topic) == ("Horror", "Comedy")
    shown = [know.catalogue[event.item_id].title for event in timeline.events[24:28]]
    assert list(shift.items) == shown[: len(shift.items)]
    assert [one.topic for one in view.rising] == ["Horror"]
    assert [one.topic for one in view.fading] == ["Comedy"]
    assert view.summary.startswith("Mostly Horror")
    assert "lately more Horror and less Comedy" in view.summary
    assert moment(replace(course, order_only=True), 4) == "event 5"


def test_a_list_tells_of_the_same_interests_in_brief(recommender: Recommender) -> None:
    know = recommender.knowledge
    know.tracking = replace(know.tracking, habits=Habits(slow_events=20.0))
    timeline = turned(know)
    view, _ = interests_of(know, timeline)
    brief = recommender.recommend(timeline, 3, llm=False, rationale=False).interests
    assert [one.topic for one in brief.now] == [one.topic for one in view.now[:3]]
    assert [one.share for one in brief.now] == pytest.approx([one.share for one in view.now[:3]], abs=1e-6)
    assert brief.shift == view.shifts[-1].begun
    assert [one.share for one in brief.next] == pytest.approx([one.share for one in view.next[:3]], abs=1e-6)
    long = Timeline(
        "long",
        tuple(replace(timeline.events[n % 24], timestamp=float(n)) for n in range(600))
        + tuple(replace(event, timestamp=event.timestamp + 600.0) for event in timeline.events[24:]),
    )
    several = [one.interests for one in recommender.recommend_all([Timeline("visitor"), timeline, long], 3, llm=False)]
    assert several[1] == brief
    assert several[2].shift == brief.shift  # only the last events of a long history are read
    nobody = several[0]
    assert (nobody.now, nobody.shift) == ((), None)
    assert sum(one.share for one in nobody.next) <= 1.0


def test_of_a_visitor_without_events_everyones_taste_is_told(recommender: Recommender) -> None:
    view, course = interests_of(recommender.knowledge, Timeline("visitor"))
    assert (view.events, view.confidence, view.shifts, view.rising) == (0, 0.0, (), ())
    assert course.shares.shape == (0, 4)
    assert sum(one.share for one in view.now) == pytest.approx(1.0, abs=1e-5)
    assert view.summary.startswith("Nothing is known yet")


def test_all_events_at_one_moment_and_late_ones_are_followed_in_their_order(recommender: Recommender) -> None:
    know = recommender.knowledge
    timeline = turned(know)
    at_once = Timeline("visitor", tuple(replace(event, timestamp=5.0) for event in timeline.events))
    assert len(interests_of(know, at_once)[0].shifts) == 1


def test_without_categories_the_way_out_is_told(resources: Resources) -> None:
    bare = [replace(item, categories=()) for item in resources.store.catalogue().values()]
    resources.store.add(bare, [], order_only=False)
    vars(resources)["settings"] = resources.settings.model_copy(update={"topics": "categories"})
    fit(resources, FitOptions(language_targets=0, recipe=Recipe.short))
    know = Knowledge(resources)
    with pytest.raises(UsageError, match="no topics to follow; import items with categories, or set topics"):
        interests_of(know, know.store.timeline("u00"))


def test_what_the_user_says_holds_for_the_next_list_and_can_be_taken_back(recommender: Recommender) -> None:
    know = recommender.knowledge

    def topics(k: int = 10) -> list[str]:
        found = recommender.recommend("u00", k, rationale=False).items
        return [know.catalogue[item.item_id].categories[0] for item in found]

    before = topics()
    assert "Comedy" in before
    assert [one.kind for one in say(know, "u00", "no comedies, more horror")] == ["ban", "more"]
    after = topics()
    assert "Comedy" not in after
    assert after.count("Horror") > before.count("Horror")
    view, _ = interests_of(know, know.store.timeline("u00"))
    assert view.said == {"Comedy": "ban", "Horror": "more"}
    assert "Comedy" not in {one.topic for one in (*view.now, *view.next)}
    assert not any(know.catalogue[item.item_id].categories == ("Comedy",) for item in view.next_items)
    assert view.events == 8  # what was said is no behaviour
    say(know, "u00", "take back comedy and horror")
    assert topics() == before
    assert interests_of(know, know.store.timeline("u00"))[0].said == {}


def test_probabilities_still_sum_to_one_after_a_correction(recommender: Recommender) -> None:
    know = recommender.knowledge
    say(know, "u00", "less comedy")
    found = recommender.candidates(know.store.timeline("u00"))
    assert np.exp(found.log_p).sum() == pytest.approx(1.0)


def test_a_correction_that_names_no_topic_is_explained_and_nothing_is_kept(recommender: Recommender) -> None:
    know = recommender.knowledge
    with pytest.raises(UsageError, match=r"'cooking shows' names no topic.* the nearest are .*no horror, more comedy"):
        say(know, "u00", "no horror, no cooking shows")
    assert not know.store.timeline("u00").corrections
    with pytest.raises(UnknownName, match="nobody"):
        say(know, "nobody", "no horror")


def test_bans_of_everything_leave_a_clear_error(recommender: Recommender) -> None:
    know = recommender.knowledge
    say(know, "u00", "no comedy, no crime, no drama, no horror")
    with pytest.raises(UsageError, match="u00.*take back"):
        recommender.recommend("u00", 3)
    assert interests_of(know, know.store.timeline("u00"))[0].next_items == ()
