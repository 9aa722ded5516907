import pytest

from history.domain import domain_names, load_domain
from history.polarity import polarity, rating_scale, verb, weight
from history.records import Event
from workspace.errors import UsageError

VIDEO = load_domain("video")


@pytest.mark.parametrize(
    ("event_type", "value", "expected", "words"),
    [
        ("rating", 5.0, 1, "liked"),
        ("rating", 3.0, 0, "watched"),
        ("rating", 1.0, -1, "disliked"),
        ("like", None, 1, "liked"),
        ("dislike", None, -1, "disliked"),
        ("view", None, 1, "watched"),
    ],
)
def test_what_an_event_says(event_type: str, value: float | None, expected: int, words: str) -> None:
    event = Event("u", "i", 0.0, event_type, value)
    assert polarity(event, VIDEO, 5.0) == expected
    assert verb(event, VIDEO, 5.0) == words


def test_an_event_against_counts_nothing_for_its_item() -> None:
    assert weight(Event("u", "i", 0.0, "rating", 1.0), VIDEO, 5.0) == 0


def test_an_unknown_type_is_told_neutrally() -> None:
    assert verb(Event("u", "i", 0.0, "teleported"), VIDEO, 5.0) == "came across"


@pytest.mark.parametrize(("largest", "scale"), [(1, 1), (4.5, 5), (5, 5), (9, 10), (87, 100), (500, 500)])
def test_the_scale_of_ratings(largest: float, scale: float) -> None:
    assert rating_scale(largest) == scale


@pytest.mark.parametrize("name", ["video", "shopping", "reading", "news", "social"])
def test_the_five_packs_load(name: str) -> None:
    domain = load_domain(name)
    assert domain.name == name
    assert domain.kind("dislike").polarity == -1


def test_an_unknown_pack_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="news, reading, shopping, social, video"):
        load_domain("music")
    assert len(domain_names()) == 5
