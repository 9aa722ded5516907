import pytest

from agent.verify import carried

LEAD = 'Because you liked "Alien" and "It", "The Thing"'


def holds(rest: str) -> bool:
    return carried(LEAD + rest, LEAD, ["Horror", "Sci-Fi"], {"film", "films", "genre"})


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
        (" fits.", "nothing said"),
        (' could be for you like "The Thing".', "named again"),
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


def test_another_beginning_fails() -> None:
    assert not carried('You will love "The Thing".', LEAD, [], {"film"})
