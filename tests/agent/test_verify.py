import pytest

from agent.verify import carried

LEAD = 'Because you liked "Alien" and "It",'
FACETS = ["Horror", "Sci-Fi", "Drama", "Film-Noir"]


def holds(rest: str, title: str = "The Thing") -> bool:
    return carried(LEAD + rest, LEAD, title, ["Alien", "It"], ["Horror", "Sci-Fi"], FACETS)


@pytest.mark.parametrize(
    "rest",
    [
        ' you might enjoy "The Thing" as well.',
        ' the horror and sci-fi of "The Thing" could be for you.',
        ' "The Thing" brings more of the horror that you enjoy.',
        " you might like the thing.",
    ],
)
def test_a_sentence_that_stays_with_its_evidence_passes(rest: str) -> None:
    assert holds(rest)


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        (' you might enjoy "The Thing"', "no full stop"),
        (" you might enjoy it.", "the item is not named"),
        (' you might enjoy "The Thing" and "The Thing".', "named twice"),
        (' you might enjoy "The Thing" with Kurt Russell.', "a name from nowhere"),
        (' you might enjoy "The Thing" of 1982.', "a number from nowhere"),
        (' you might enjoy the drama of "The Thing".', "a facet that is not shared"),
        (' you might not enjoy "The Thing".', "a negation"),
        (' you won’t regret "The Thing".', "a contraction"),
        (' you might enjoy "The Thing" like "Aliens".', "a title from nowhere"),
        (' you might enjoy "The Thing" like "Alien".', "evidence named again"),
        (' "The Thing" is horror and horror and horror.', "a stutter"),
        (' "The Thing" is is for you.', "a stutter"),
    ],
)
def test_a_sentence_that_says_more_fails(rest: str, why: str) -> None:
    assert not holds(rest), why


def test_another_beginning_fails() -> None:
    assert not carried('You will love "The Thing".', LEAD, "The Thing", ["Alien"], [], FACETS)
