"""Domain packs: the nouns and verbs of a field, what its events count, and what may be recommended."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from workspace.errors import UsageError


@dataclass(frozen=True, slots=True)
class EventKind:
    """How one event type is told and counted; `polarity` 1 speaks for the item, -1 against it, 0 neither."""

    verb: str
    weight: float = 1.0
    polarity: int = 1
    verb_for: str = ""
    verb_against: str = ""


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain pack; see the files in `history/domains/` for the meaning of each field."""

    name: str
    noun: str
    nouns: str
    person: str
    category: str
    repeats: bool
    only_available: bool
    category_cap: float
    liked_from: float
    disliked_to: float
    events: Mapping[str, EventKind]

    def kind(self, event_type: str) -> EventKind:
        """The kind of an event; an unknown type is told neutrally and counts half."""
        return self.events.get(event_type) or EventKind(verb="came across", weight=0.5)


def domain_names() -> list[str]:
    """The packs that are shipped."""
    folder = resources.files("history") / "domains"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_domain(name: str) -> Domain:
    """The pack called `name`.

    Raises:
        UsageError: there is no such pack; the message lists the known ones.
    """
    if name not in domain_names():
        raise UsageError(f"unknown domain {name!r}; known: {', '.join(domain_names())}")
    table = tomllib.loads((resources.files("history") / "domains" / f"{name}.toml").read_text(encoding="utf-8"))
    kinds = {event_type: EventKind(**fields) for event_type, fields in table.pop("events").items()}
    return Domain(events=kinds, **table)
