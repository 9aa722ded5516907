"""Does the chat understand? `python -m eval.understood [--first 0] [--last 1] [--show]`.

Hand-written turns about a small catalogue (`eval/chat/`), which nothing was learnt from: the share of turns whose
intents are all right, in order, and precision, recall and F1 of what was read in them: titles, people, categories,
years, numbers, places in a list. A turn follows a list if one was asked for before it in its dialogue. `--first` and
`--last` choose a part of the dialogues, by shares of them.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from agent.chat.acts import Act, Wish
from agent.chat.clues import ABOUT_LISTS
from agent.chat.intents import Intent
from agent.chat.language import Language
from agent.chat.reading import TurnReader, taught_reader
from agent.chat.understanding import Understanding
from agent.resources import Resources
from eval.intervals import bootstrap
from history.catalogue import Catalogue, split_values
from history.records import Item
from workspace.errors import NotReady
from workspace.home import Home

FOLDER = Path(__file__).parent / "chat"
PEOPLE = ("director", "stars")
Slots = Counter[tuple[str, str]]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Does the chat understand?")
    parser.add_argument("--file", default="turns.jsonl", help="or more_turns.jsonl, others that rules were made with")
    parser.add_argument("--by", choices=("rules", "taught", "zero-shot"), default="taught", help="what reads the turns")
    parser.add_argument("--first", type=float, default=0.0)
    parser.add_argument("--last", type=float, default=1.0)
    parser.add_argument("--show", action="store_true", help="each turn that was misread")
    told = parser.parse_args()
    understanding = _understanding(Resources.at(Home.at()), told.by)
    dialogues = [json.loads(line) for line in (FOLDER / told.file).read_text(encoding="utf-8").splitlines()]
    part = dialogues[round(told.first * len(dialogues)) : round(told.last * len(dialogues))]
    right, confused, slots = list[float](), Counter[tuple[str, str]](), Counter[str]()
    for text, wanted, found in read(understanding, part):
        intents, own = [act["intent"] for act in wanted], [act.intent for act in found]
        right.append(float(intents == own))
        gold, read_slots = _gold(wanted), _read(found)
        slots.update(both=(gold & read_slots).total(), gold=gold.total(), read=read_slots.total())
        confused.update([(", ".join(intents), ", ".join(own))] if intents != own else [])
        if told.show and (intents != own or gold != read_slots):
            print(f"{text}\n   {intents} {own}\n   missed {gold - read_slots}, added {read_slots - gold}")  # noqa: T201
    precision, recall = slots["both"] / slots["read"], slots["both"] / slots["gold"]
    f1 = 2 * precision * recall / (precision + recall)
    print(f"{len(right)} turns: all intents right in {bootstrap(right)}")  # noqa: T201
    print(f"slots: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")  # noqa: T201
    for (gold_intents, own_intents), count in confused.most_common(12):
        print(f"  {count:3} {gold_intents} taken for {own_intents}")  # noqa: T201


def _understanding(resources: Resources, by: str) -> Understanding:
    reader = None
    if by == "zero-shot":
        reader = TurnReader(resources.engine, resources.renderer, taught=False)
    elif by == "taught":
        reader = taught_reader(resources)
        if not reader:
            raise NotReady("nothing was taught to read turns; run: foretaste talk, or say: --by rules")
    return Understanding(films(), Language.of("en"), resources.encoder.encode, reader=reader)


def films() -> Catalogue:
    """The catalogue that the turns are about."""
    rows = pl.read_csv(FOLDER / "films.csv").iter_rows(named=True)
    return Catalogue(
        Item(
            row["item_id"],
            str(row["title"]),
            categories=tuple(split_values(row["category"])),
            year=row["year"],
            facets={name: row[name] for name in PEOPLE},
        )
        for row in rows
    )


def read(
    understanding: Understanding, dialogues: Sequence[dict[str, Any]]
) -> Iterator[tuple[str, list[dict[str, Any]], list[Act]]]:
    """Each turn, what it asks for, and what was understood."""
    for dialogue in dialogues:
        listed, before = False, tuple[Intent, ...]()
        for turn in dialogue["turns"]:
            found = understanding.read(turn["text"], listed, before)
            yield turn["text"], turn["acts"], found
            before = tuple(act.intent for act in found)
            listed = listed or any(act["intent"] in ABOUT_LISTS for act in turn["acts"])


def _gold(acts: Sequence[dict[str, Any]]) -> Slots:
    found: set[tuple[str, str]] = set()
    for act in acts:
        for name in ("items", "not_items", "facets", "not_facets", "people", "not_people", "refs"):
            found.update((name, str(value)) for value in act.get(name, ()))
        for name in ("years", "not_years", "count", "feeling", "value"):
            if act.get(name) is not None:
                found.add((name, str(act[name])))
    return Counter(found)


def _read(acts: Sequence[Act]) -> Slots:
    found: set[tuple[str, str]] = set()
    for act in acts:
        found.update(("items", one) for ids in act.items for one in ids)
        found.update(("not_items", one) for ids in act.unlike for one in ids)
        found.update(("refs", str(place)) for place in (*act.places, *act.far))
        found.update(pair for wish in act.wishes for pair in _wish(wish))
        told = {"count": act.count, "feeling": act.feeling, "value": act.rating and f"{act.rating[0]:g}"}
        found.update((name, str(value)) for name, value in told.items() if value is not None)
    return Counter(found)


def _wish(wish: Wish) -> Iterator[tuple[str, str]]:
    turned_down = "" if wish.wanted else "not_"
    if wish.years:
        yield f"{turned_down}years", str([wish.years.low, wish.years.high])
    for sense in wish.senses:
        yield f"{turned_down}{'facets' if sense.sort == 'category' else 'people'}", sense.value


if __name__ == "__main__":
    main()
