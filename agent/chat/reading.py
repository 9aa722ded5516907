"""The language model reads a turn, and writes down in a short form what it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.chat.intents import Intent
from agent.chat.marks import Marked
from agent.chat.notes import Note, notes
from agent.resources import Resources
from agent.talk import talk_for
from engine.protocol import Engine, WriteLimits
from prompts.renderer import Renderer
from prompts.segment import Segment

LIMITS = WriteLimits(tokens=64)
BEFORE = 2  # acts of the turn before that are told


@dataclass(frozen=True)
class TurnReader:
    """A model that reads turns; one that was not `taught` to sees worked examples first."""

    engine: Engine
    renderer: Renderer
    taught: bool = True

    def read(self, turn: Marked, listed: bool, before: Sequence[Intent]) -> list[Note]:
        """What a turn asks for, in order; nothing where the model wrote no such form."""
        line = "".join(self.engine.write(self.stem(turn.text, listed, before), LIMITS))
        return [note.only(turn.found) for note in notes(line)]

    def stem(self, text: str, listed: bool, before: Sequence[Intent]) -> Segment:
        """All that stands before what the model writes."""
        return self.renderer.conversation(
            "reading", "", not self.taught, text=text, listed=listed, before=before[-BEFORE:]
        )


def taught_reader(resources: Resources) -> TurnReader | None:
    """The reader that the home's model was taught to be, or the one that comes with it; None where there is none.

    Raises:
        DamagedArtefact: a file of its adapter is damaged.
    """
    talk = talk_for(resources.home, resources.fingerprint)
    if not talk or not talk.turns:
        return None
    return TurnReader(resources.engine.with_adapter(talk.adapter), resources.renderer)
