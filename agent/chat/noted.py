"""The acts that a language model's notes stand for."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from agent.chat.acts import Act
from agent.chat.clauses import FEELINGS
from agent.chat.clues import ABOUT_LISTS, NEEDS_ITEM
from agent.chat.grammar import Number
from agent.chat.marks import Marked
from agent.chat.notes import ITSELF, Note
from agent.chat.resolving import Resolver

AGES = {"older": -1, "newer": 1}
SORTS = ("year", "category", "people", "all")  # of wishes that may be dropped
PARTS = re.compile(r"(?<=[.;!?])\s+|\n")  # of a turn, for what is searched


def with_left_out(read: Sequence[Note], turn: Marked, negated: Collection[int]) -> list[Note]:
    """The notes, the last one about lists with the wishes that no note speaks of: none of them is lost in silence.

    `negated` are the characters at which names and years begin that rules take for turned down. Years may belong to a
    title instead, so where one is named they are left alone.
    """
    places = [place for place, note in enumerate(read) if note.intent in ABOUT_LISTS and "drop" not in note.flags]
    spoken_of = {mark for note in read for mark in note.marks}
    titled = any(mark[0] == "T" for mark in turn.found)
    lost = [mark for mark in turn.found if mark not in spoken_of and mark[0] in ("KN" if titled else "KNY")]
    if not places or not lost:
        return list(read)
    note = read[places[-1]]
    turned_down = note.turned_down | {mark for mark in lost if turn.found[mark].start in negated}
    full = replace(note, marks=(*note.marks, *lost), turned_down=turned_down)
    return [*read[: places[-1]], full, *read[places[-1] + 1 :]]


def act_of(note: Note, notes: Sequence[Note], turn: Marked, resolver: Resolver) -> Act:
    """What one of a turn's notes stands for. Names and years that no note speaks of may tell apart what it names."""
    loose = turn.found.keys() - {mark for one in notes for mark in one.marks}
    own, beside = (turn.clause(marks, note.turned_down) for marks in (note.marks, {*note.marks, *loose}))
    found, named = resolver.told_apart(beside)
    named = [one for one, mention in zip(named, beside.items, strict=True) if mention in own.items]
    said = resolver.wishes(own)
    senses, spans = {sense for wish in said for sense in wish.senses}, {wish.years for wish in said}
    wishes = [replace(one, senses=tuple(sense for sense in one.senses if sense in senses)) for one in found]
    wishes = [one for one in wishes if one.senses or (one.years and one.years in spans)]
    lists, why = note.intent in ABOUT_LISTS, note.intent in ("explain", "why_not")
    unlike = [ids for ids, negated in named if negated and lists]
    places, far = _places(note, turn, lists)
    if note.intent in NEEDS_ITEM and note.intent != "why_not" and not named and not places:
        places = (0,)
    return Act(
        note.intent,
        items=tuple(ids for ids, negated in named if not (negated and lists)),
        unlike=tuple(unlike),
        places=places,
        far=far,
        wishes=tuple(replace(one, wanted=True) if why else one for one in wishes),
        count=next((int(one.values[0]) for one in own.of("count")), None) if lists else None,
        feeling=next((one for one in FEELINGS if one in note.flags), None),
        rating=next(((one.values[0], one.values[1]) for one in own.of("rating")), None),
        text=_text(note, notes, turn),
        drops="drop" in note.flags,
        fields=tuple(one for one in SORTS if one in note.flags),
        age=next((AGES[flag] for flag in note.flags if flag in AGES), 0),
        erases="all" in note.flags,
    )


def _places(note: Note, turn: Marked, lists: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The places that a note points at, and those that it turns down."""
    found: dict[bool, list[int]] = {False: [], True: []}
    for mark in note.marks:
        spot = turn.found.get(mark)
        values = spot.values if isinstance(spot, Number) and spot.what == "place" else (0,) if mark == ITSELF else ()
        found[lists and mark in note.turned_down] += map(int, values)
    return tuple(found[False]), tuple(found[True])


def _text(note: Note, notes: Sequence[Note], turn: Marked) -> str:
    """The words of what is searched or corrected: all, but for the sentences about something else."""
    if note.intent not in ("search", "correct"):
        return ""
    others = {mark for one in notes if one is not note for mark in one.marks} - set(note.marks)
    starts = [turn.found[mark].start for mark in others if mark in turn.found]
    kept, first = [], 0
    for part in PARTS.split(turn.source):
        if not any(first <= start < first + len(part) for start in starts):
            kept.append(part)
        first += len(part) + 1
    return " ".join(kept or [turn.source]).strip()
