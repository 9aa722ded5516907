"""Turns that a model learns to read: well formed, filled with made-up names, and apart from those that measure it."""

from __future__ import annotations

import json
import re
from itertools import islice

from agent.chat.intents import INTENTS
from agent.chat.language import Language, key
from agent.chat.notes import ITSELF, notes
from eval.understood import FOLDER
from tuning.turns import HOLE, TurnLesson, turn_lessons, written_turns

ENGLISH = Language.of("en")


def test_every_written_turn_is_well_formed() -> None:
    turns = written_turns()
    assert len(turns) > 4_000
    for turn in turns:
        holes = {letter + number for letter, number in HOLE.findall(turn.text)}
        marks = {mark for note in turn.asked for mark in note.marks if mark != ITSELF}
        assert turn.asked, turn.text
        assert marks <= holes, turn.text
        assert "{" not in HOLE.sub("", turn.text), turn.text
    assert {note.intent for turn in turns for note in turn.asked} == {*INTENTS}


def test_no_turn_that_measures_is_learnt_from() -> None:
    lines = [
        line
        for file in ("turns.jsonl", "more_turns.jsonl")
        for line in (FOLDER / file).read_text(encoding="utf-8").splitlines()
    ]
    measured = {key(turn["text"]) for line in lines for turn in json.loads(line)["turns"]}
    shared = {key(turn.text) for turn in written_turns()} & {text for text in measured if len(text.split()) > 4}
    assert not shared


def test_lessons_are_marked_as_the_chat_marks_and_drawn_by_the_seed() -> None:
    lessons, again, others = ([*islice(turn_lessons(ENGLISH, seed), 600)] for seed in (1, 1, 2))
    assert lessons == again
    assert {one.text for one in lessons} != {one.text for one in others}
    for lesson in lessons:
        assert notes(lesson.answer), lesson
        assert _marks(lesson) <= {*re.findall(r"\[([A-Z]\d+)\]", lesson.text)}, lesson
    kept = sum(len(_marks(lesson)) for lesson in lessons)
    written = sum(len(set(note.marks) - {ITSELF}) for turn in written_turns() for note in turn.asked)
    assert kept / len(lessons) > 0.85 * written / len(written_turns())  # what the rules do not find is not asked for


def _marks(lesson: TurnLesson) -> set[str]:
    return {mark for note in notes(lesson.answer) for mark in note.marks if mark != ITSELF}
