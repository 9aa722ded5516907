from dataclasses import replace

import pytest

from agent.grounds import Grounds, shown
from agent.results import Evidence
from agent.verify import carried
from history.records import Item

LEAD = 'Because you liked "Alien" and "It", "The Thing"'
GROUNDS = Grounds(
    Item("3", "The Thing"),
    (Evidence("1", "Alien", 0.5), Evidence("2", "It", 0.2)),
    verb="liked",
    facets=("Horror", "Sci-Fi"),
    topic="Cult",
)


def says(text: str, grounds: Grounds = GROUNDS) -> bool:
    return carried(text, grounds, shown, {"film", "films", "genre"})


def holds(rest: str) -> bool:
    return says(LEAD + rest)


@pytest.mark.parametrize(
    "rest",
    [
        " could be a good choice for you.",
        " offers the horror and sci-fi that you like.",
        " is another film of the Horror that you enjoy.",
    ],
)
def test_a_sentence_that_stays_with_its_evidence_passes(rest: str) -> None:
    assert holds(rest)


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        (" could be a good choice", "no full stop"),
        (" brings back Kurt Russell.", "a name from nowhere"),
        (" is a classic of 1982.", "a number from nowhere"),
        (" offers the drama that you like.", "a facet that is not shared"),
        (" offers film-noir and horror.", "a facet that is not shared"),
        (" is not for everyone.", "a negation"),
        (" won’t let you go.", "a contraction"),
        (' is close to "Aliens".', "a title from nowhere"),
        (" is close to Alien.", "evidence named again"),
        (" is horror and horror and horror.", "a stutter"),
        (" is is for you.", "a stutter"),
        (" offers the nature and history that you like.", "a claim without evidence"),
    ],
)
def test_a_sentence_that_says_more_fails(rest: str, why: str) -> None:
    assert not holds(rest), why


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ('You liked "Alien" and "It".', True),
        ('"The Thing" shares Horror and Sci-Fi with "Alien" and "It", which you liked.', True),
        ('"The Thing" goes with Cult, which you are into, and you liked "Alien" and "It".', True),
        ('You are into Cult, and you liked "Alien" and "It": "The Thing" goes with both.', True),
        ('"The Thing" is Cult, and you liked "Alien" and "It".', False),
        ('You are into Horror, and you liked "Alien" and "It".', False),
        ('You liked "The Thing", and "Alien" and "It" could suit you.', False),
        ('You liked "Alien" and "It", and "Alien" is the kind.', False),
        ('You watched "Alien" and "It".', False),
        ('Because you liked "Alien".', False),
        ("Because you liked Alien and It.", False),
        ('You are into War, and you liked "Alien" and "It".', False),
        ('Lately you liked "Alien" and "It".', False),
        ('You liked "Alien" and "It". It is popular with others too.', False),
        ('You liked "Alien" and "It". Not much is known of you yet.', False),
        ('You liked "Alien" more than "It".', False),
        ('You liked "Alien" best, then "It".', False),
        ('You liked "Alien" and "It", Will.', False),
    ],
)
def test_every_title_facet_and_claim_is_held_against_the_grounds(text: str, right: bool) -> None:
    assert says(text) is right


def test_a_claim_may_be_made_where_it_is_so() -> None:
    text = 'Lately you liked "Alien" and "It". It is popular with others too. Not much is known of you yet.'
    assert says(text, replace(GROUNDS, lately=True, few=True, popular=True))
    assert not says(text, replace(GROUNDS, lately=True, few=True))
