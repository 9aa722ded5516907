"""Renders histories, questions and candidates into segments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from string import ascii_uppercase
from typing import Any

from history.catalogue import Catalogue
from history.domain import Domain
from history.polarity import verb
from history.records import Event, Item
from history.timeline import Timeline
from prompts.budget import window_start
from prompts.phrases import Phrases
from prompts.segment import Piece, Segment, Wording, clean
from workspace.settings import Settings

# Stands in for the user's text while the chat template is rendered, to find what lies before and after it.
SLOT = "␞"
LETTERS = ascii_uppercase
TOPIC = 12  # tokens of a topic's name at the most
CATEGORIES = 4  # of an item that a prompt names at the most


class Renderer:
    """Turns records into segments for one domain, one model and one rendering of items."""

    def __init__(self, phrases: Phrases, wording: Wording, domain: Domain, settings: Settings, scale: float) -> None:
        """`scale` is the top of the ratings; see `history.polarity`."""
        self._wording = wording
        self._domain = domain
        self._settings = settings
        self._scale = scale
        self.phrases = phrases
        self._say = phrases.say

    def item(self, item: Item) -> str:
        """An item as one line; its title, and each of its first categories, cost at most the settings' tokens."""
        # A title of nothing but control characters leaves the id, so that no line begins with a blank.
        name = clean(item.title) or clean(item.item_id) or "untitled"
        limit = self._settings.item_tokens
        title = self._wording.cut(name, limit)
        categories = [self._wording.cut(clean(category), limit) for category in item.categories[:CATEGORIES]]
        return clean(self._say("stable", "item", title=title, year=item.year, categories=categories))

    def event(self, event: Event, catalogue: Catalogue) -> str:
        """An event as one line: "liked Alien (1979)"."""
        known = event.item_id in catalogue
        item = catalogue[event.item_id] if known else Item(event.item_id, event.item_id)
        name = self.item(item) if event.item_id else ""
        text = self._wording.cut(clean(event.text), 2 * self._settings.item_tokens)
        words = verb(event, self._domain, self._scale)
        return clean(self._say("stable", "event", verb=words, item=name, text=text))

    def stable(self, timeline: Timeline, catalogue: Catalogue) -> Segment:
        """The stable segment: the opening of the chat, then one piece an event, past the budget in blocks."""
        start = self.window_start(len(timeline))
        return self.uncut(Timeline(timeline.user_id, timeline.events[start:]), catalogue)

    def uncut(self, timeline: Timeline, catalogue: Catalogue, phrasing: int = 0) -> Segment:
        """The stable segment of all events, whatever it costs; a `phrasing` but 0 words the instruction otherwise."""
        lines = (self.event(event, catalogue) for event in timeline.events)
        return Segment((Piece(self._opening(phrasing), data=False), *_data(lines)))

    def window_start(self, count: int) -> int:
        """The place of the first event that is kept of `count`; see `prompts.budget`."""
        return window_start(count, self._settings.history_over, self._settings.history_keep)

    def bridge(self, readout: str, interests: Sequence[str] = (), wishes: str = "") -> Segment:
        """What may change from request to request, up to the lead-in of the answer."""
        return self.ask(readout, "\n", interests=interests, wishes=wishes)

    def ask(self, template: str, end: str = "", **facts: Any) -> Segment:
        """A question after the history, by a template with `question` and `lead`, up to the lead-in and `end`."""
        lines = self._say(template, "question", **facts).splitlines()
        lead = self._say(template, "lead")
        return Segment((*_data(lines), Piece(self._frame[1] + lead + end, data=False)))

    def _opening(self, phrasing: int) -> str:
        return self._frame[0] + self._say("stable", "instruction", phrasing=phrasing) + "\n"

    def lettered(self, items: Sequence[Item]) -> Segment:
        """Which of these comes next? Each with a letter, up to the lead-in of the answer; see `LETTERS`."""
        lines = [self.item(item) for item in items]
        return self.ask("letters", items=list(zip(LETTERS, lines, strict=False)))

    def branch(self, readout: str, item: Item) -> Segment:
        """One candidate with its answer cue."""
        return Segment((Piece(self._say(readout, "candidate", item=self.item(item))),))

    def topic(self, name: str) -> Segment:
        """A topic as what comes next."""
        return Segment((Piece(self._say("topics", "candidate", name=self._wording.cut(clean(name), TOPIC))),))

    def cost(self, segment: Segment) -> int:
        """How many tokens a segment costs."""
        return self._wording.cost(segment)

    def conversation(self, template: str, begun: str, examples: bool = True, **facts: Any) -> Segment:
        """A whole prompt for writing, from a template with `system`, `examples` and `facts`; the answer is `begun`.

        An example is the facts of another case and their `answer`.
        """
        turns = []
        for example in self.phrases.examples(template) if examples else []:
            given = {name: value for name, value in example.items() if name != "answer"}
            told = self._say(template, "facts", **{**facts, **given}).strip()
            turns += [("user", told), ("assistant", example["answer"])]
        opening, closing = self._split(self._say(template, "system"), turns)
        lines = self._say(template, "facts", **facts).splitlines()
        return Segment((Piece(opening, data=False), *_data(lines), Piece(closing, data=False), Piece(begun)))

    @cached_property
    def _frame(self) -> tuple[str, str]:
        return self._split(self._say("stable", "system"))

    def _split(self, system: str, turns: Sequence[tuple[str, str]] = ()) -> tuple[str, str]:
        """What the tokenizer's chat template puts before the user's text, and after it up to the answer."""
        opening, closing = self._wording.chat([("system", system), *turns, ("user", SLOT)]).split(SLOT)
        return opening, closing


def _data(lines: Iterable[str]) -> list[Piece]:
    return [Piece(line + "\n") for line in lines if line]
