"""What a turn asks for, by rules: names and numbers by clause, then the likeliest intent of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from agent.chat.acts import Act, Feeling
from agent.chat.clauses import FEELINGS, Clause, ClauseReader
from agent.chat.clues import ABOUT_LISTS, NEEDS_ITEM, Clues, feeling_in
from agent.chat.intents import INTENTS, Intent, IntentReader
from agent.chat.language import Language
from agent.chat.resolving import Resolver

POINTS: tuple[Intent, ...] = (*NEEDS_ITEM, "explain")
WHY: tuple[Intent, ...] = ("explain", "why_not")
SURE = np.log(0.5)  # log P(intent) of a clause that names nothing, below which it is left out beside others


class RuleReader:
    """Reads turns in one language, clause by clause."""

    def __init__(self, language: Language, clauses: ClauseReader, intents: IntentReader, resolver: Resolver) -> None:
        self._language = language
        self._clauses = clauses
        self._intents = intents
        self._resolver = resolver
        self._fields = tuple(language.lists("fields"))

    def read(self, text: str, listed: bool) -> list[Act]:
        """What a turn asks for, in order; `listed` says that a list was shown before it. Nothing of an empty one."""
        clauses = self._clauses.read(text)
        if not clauses:
            return []
        log_p = self._intents.read([clause.masked for clause in clauses])
        acts: list[Act] = []
        for clause, row in zip(clauses, log_p, strict=True):
            acts.append(self._act(clause, row, listed, spoken_of(acts)))
        sure = [bool(one.mentions or one.numbers or row.max() > SURE) for one, row in zip(clauses, log_p, strict=True)]
        return joined([act for act, kept in zip(acts, sure, strict=True) if kept] or acts)

    def _act(self, clause: Clause, log_p: NDArray[np.float64], listed: bool, before: Act | None) -> Act:
        """What a clause asks for; `before` is what was spoken of before it in the turn."""
        wishes, named = self._resolver.told_apart(clause)
        pointers = tuple(int(value) for one in clause.of("place") for value in one.values)
        if clause.of("rating") and not named and not pointers:  # "gave it a 7"
            pointers = (0,)
        places = tuple(place for place in pointers if place) if any(pointers) or named else pointers
        pointed = bool(named or (places and (listed or places == (0,))) or before)
        clues = Clues(clause, wishes, feeling_in(clause, self._language), pointed, listed)
        intent = self._intent(clues, log_p)
        wanted = tuple(ids for ids, negated in named if not negated or intent in ("rate", *WHY))
        unlike = tuple(ids for ids, negated in named if negated and intent in ABOUT_LISTS)
        if intent in ABOUT_LISTS and before and 0 in pointers and self._language.says(clause.words, "outs"):
            intent, unlike = "refine", before.items
        if intent in POINTS and before and not wanted and not unlike and not any(places):
            wanted, places = before.items, before.places
        if intent not in POINTS:
            places = tuple(place for place in places if place and intent == "refine")
        return self._with_details(Act(intent, wanted, unlike, places), clues)

    def _with_details(self, act: Act, clues: Clues) -> Act:
        """The act with those of the clause's wishes, numbers and words that mean something for its intent."""
        clause, says = clues.clause, self._language.says
        wishes = tuple(replace(one, wanted=True) for one in clues.wishes) if act.intent in WHY else clues.wishes
        if act.intent in ABOUT_LISTS:
            counts = [int(one.values[0]) for one in clause.of("count")]
            drops = says(clause.words, "drops")
            fields = tuple(one for one in self._fields if drops and says(clause.words, f"fields.{one}"))
            text = clause.text.strip() if act.intent == "search" else ""
            told = replace(act, wishes=wishes, count=next(iter(counts), None), text=text, drops=drops, fields=fields)
            return told if clause.of("years") else replace(told, age=self._age(clause))
        if act.intent == "rate":
            ratings = [(one.values[0], one.values[1]) for one in clause.of("rating")]
            return replace(act, feeling=clues.feeling, rating=next(iter(ratings), None))
        if act.intent == "correct":
            return replace(act, wishes=wishes, text=clause.text.strip())
        if act.intent == "forget":
            return replace(act, erases=says(clause.words, "erases"))
        return replace(act, wishes=wishes) if act.intent in WHY else act

    def _age(self, clause: Clause) -> int:
        says = self._language.says
        return 1 if says(clause.words, "newer") else -1 if says(clause.words, "older") else 0

    def _intent(self, clues: Clues, log_p: NDArray[np.float64]) -> Intent:
        """The likeliest intent by the clause's words and by what stands in it."""
        best = INTENTS[int(np.argmax(log_p + clues.added(self._language)))]
        return "recommend" if best == "refine" and not clues.listed and not clues.clause.negated else best


def spoken_of(acts: Sequence[Act]) -> Act | None:
    """The last act that names items."""
    return next((act for act in reversed(acts) if act.items or act.places), None)


def joined(acts: Sequence[Act]) -> list[Act]:
    """The acts of a turn: what is said of one list in several clauses is one, and a greeting beside a wish is none."""
    said = [act for act in acts if act.intent != "small_talk"] or list(acts[:1])
    found: list[Act] = []
    for act in said:
        before = found[-1] if found else None
        if before and before.intent in ABOUT_LISTS and act.intent in ABOUT_LISTS:
            found[-1] = _both(before, act)
        elif before and act.intent == "explain" and before.intent == "why_not":
            continue
        elif before and before.intent == act.intent and act.intent != "rate":
            found[-1] = replace(before, wishes=before.wishes + act.wishes, text=f"{before.text} {act.text}".strip())
        elif (
            before
            and before.intent == act.intent == "rate"
            and (act.items, act.places) == (before.items, before.places)
        ):
            found[-1] = replace(before, feeling=_stronger(before, act), rating=before.rating or act.rating)
        else:
            found.append(act)
    return found


def _stronger(one: Act, other: Act) -> Feeling | None:
    """Of "seen it, loved it" the love."""
    return next((name for name in FEELINGS if name in (one.feeling, other.feeling)), None)


def _both(one: Act, other: Act) -> Act:
    """Two clauses about one list."""
    unlike = one.unlike + other.unlike
    intents = (one.intent, other.intent)
    intent: Intent = "refine" if unlike else "similar" if "similar" in intents else one.intent
    return replace(
        one,
        intent=intent,
        wishes=one.wishes + other.wishes,
        items=one.items + other.items,
        unlike=unlike,
        places=one.places + other.places,
        count=other.count or one.count,
        text=" ".join(filter(None, (one.text, other.text))),
        drops=one.drops or other.drops,
        fields=one.fields + other.fields,
        age=one.age or other.age,
    )
