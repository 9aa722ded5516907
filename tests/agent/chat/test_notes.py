"""What a model writes down of a turn, and the acts that it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from agent.chat.acts import EVERY, Act, Wish
from agent.chat.language import Language
from agent.chat.notes import notes
from agent.chat.reading import TurnReader
from agent.chat.understanding import Understanding
from agent.chat.years import Span
from engine.protocol import WriteLimits
from eval.understood import films
from history.domain import load_domain
from prompts.phrases import Phrases
from prompts.renderer import Renderer
from prompts.segment import Segment
from tests.conftest import FakeEngine
from workspace.settings import Settings

CATALOGUE = films()
IDS = {(item.title, item.year): item_id for item_id, item in CATALOGUE.items()}


class Writer(FakeEngine):
    """Writes what it was told to, and keeps what it was asked."""

    def __init__(self, line: str) -> None:
        super().__init__()
        self.line, self.asked = line, ""

    def write(self, stem: Segment, limits: WriteLimits) -> Iterator[str]:
        self.asked = stem.text
        yield self.line


def read(text: str, line: str, listed: bool = True) -> tuple[list[Act], str]:
    """The acts of a turn of which the model writes this line, and what it was asked."""
    writer = Writer(line)
    renderer = Renderer(Phrases(load_domain("video"), "title"), writer.tokens, load_domain("video"), Settings(), 5.0)
    understanding = Understanding(CATALOGUE, Language.of("en"), no_vectors, reader=TurnReader(writer, renderer))
    return understanding.read(text, listed, ("recommend",)), writer.asked


def no_vectors(texts: Sequence[str]) -> np.ndarray:
    raise AssertionError(f"rules were asked about {texts}")


def test_a_line_is_read_and_what_is_no_such_form_is_passed_over() -> None:
    assert [str(one) for one in notes("rate like T1 T2;  refine -N1 ^ ; dance T1")] == [
        "rate like T1 T2",
        "refine -N1 ^",
    ]
    assert notes("") == notes("I think you want films.") == []


def test_the_model_sees_marks_and_what_was_before() -> None:
    _, asked = read("any westerns with [T9] Clint Eastwood from the sixties?", "recommend K1 N1 Y1")
    assert "Turn: any westerns [K1] with (T9) Clint Eastwood [N1] from the sixties [Y1]?" in asked
    assert "Before: recommend; a list was shown" in asked


def test_notes_become_acts_with_what_is_marked() -> None:
    (act,), _ = read("five westerns with Clint Eastwood, nothing from the sixties", "recommend C1 K1 N1 -Y1")
    assert (act.intent, act.count) == ("recommend", 5)
    assert [wish.senses[0].value for wish in act.wishes[:2]] == ["Western", "Clint Eastwood"]
    assert act.wishes[2] == Wish((), Span(1960, 1969), wanted=False)
    rated, like = read("Alien: 9/10, more like it but no Aliens", "rate like T1 R1 ; similar T1 -T2")[0]
    assert (rated.items, rated.feeling, rated.rating) == (((IDS["Alien", 1979],),), "like", (9.0, 10.0))
    assert (like.items, like.unlike) == (((IDS["Alien", 1979],),), ((IDS["Aliens", 1986],),))


def test_what_a_note_leaves_out_still_tells_films_of_one_title_apart() -> None:
    (act,), _ = read("The Thing from 1982 is a masterpiece", "rate like T1")
    assert act.items == ((IDS["The Thing", 1982],),)
    assert not act.wishes


def test_places_are_pointed_at_or_turned_down() -> None:
    (seen,), _ = read("seen the first two", "rate seen P1")
    assert (seen.places, seen.feeling) == ((1, 2), "seen")
    (swapped,), _ = read("not that one, something funnier", "refine -^ K1")
    assert (swapped.places, swapped.far) == ((), (0,))
    (bare,), _ = read("loved every minute", "rate like")
    assert bare.places == (0,)


def test_flags_drop_wishes_and_ask_for_older_items_and_for_erasing() -> None:
    dropped, older, all_of_it = read("any year, older, wipe it", "refine drop year ; refine older ; forget all")[0]
    assert (dropped.drops, dropped.fields, older.age, all_of_it.erases) == (True, ("year",), -1, True)


def test_only_the_sentence_about_it_is_searched() -> None:
    acts, _ = read("Alien was fun. Now a film about chess.", "rate like T1 ; search")
    assert acts[1].text == "Now a film about chess."


@pytest.mark.parametrize("line", ["", "no idea", "T1 T2"])
def test_rules_read_what_the_model_says_nothing_of(line: str) -> None:
    with pytest.raises(AssertionError, match="rules were asked"):
        read("any good westerns?", line)


def test_marks_that_stand_for_nothing_count_for_nothing() -> None:
    (act,), _ = read("any good westerns?", "recommend K1 K7 T3")
    assert [sense.value for wish in act.wishes for sense in wish.senses] == ["Western"]
    assert not act.items


def test_names_with_an_or_between_them_are_one_wish() -> None:
    (act,), _ = read("a comedy or a western, no war or horror", "recommend K1 K2 -K3 -K4")
    told = [([sense.value for sense in wish.senses], wish.wanted) for wish in act.wishes]
    assert told == [(["Comedy", "Western"], True), (["War"], False), (["Horror"], False)]


def test_an_opinion_of_these_is_one_of_the_whole_list() -> None:
    assert read("seen all of these", "rate seen ^")[0][0].places == (EVERY,)
    assert read("seen it", "rate seen ^")[0][0].places == (0,)


def test_a_title_that_no_note_speaks_of_is_only_words() -> None:
    (act,), asked = read("films about aliens that land here", "search")
    assert "aliens [T1]" in asked
    assert act.items == ()


def test_what_is_dropped_may_be_people_or_all() -> None:
    assert read("whoever is in it", "refine drop people")[0][0].fields == ("people",)
    assert read("no filters any more", "refine drop all")[0][0].fields == ("all",)


def test_a_wish_that_the_model_leaves_out_holds_all_the_same() -> None:
    (act,), _ = read("five westerns since 1990, but no horror", "recommend C1 K1")
    assert [(wish.years or wish.senses[0].value, wish.wanted) for wish in act.wishes] == [
        ("Western", True),
        ("Horror", False),
        (Span(1990, None), True),
    ]
    (dropped,), _ = read("any year is fine, 1990 or not", "refine drop year")
    assert not dropped.wishes


def test_a_year_behind_a_title_is_not_marked_and_tells_it_apart() -> None:
    (act,), asked = read('more like "The Thing" (1982), in the eighties', "similar T1 Y2")
    assert '"The Thing [T1]" (1982), in the eighties [Y2]' in asked
    assert act.items == ((IDS["The Thing", 1982],),)
