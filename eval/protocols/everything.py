"""Everything: no test at all, for what will serve; each user's last event is the validation target."""

from __future__ import annotations

from eval.interactions import Interactions
from eval.protocols.leave_one_out import leave_one_out
from eval.protocols.split import Split, Stage

NAME = "everything"


def everything(interactions: Interactions, seed: int = 0) -> Split:
    """All events may be fitted on; what comes before each user's last one is what a rehearsal may see."""
    events = interactions.without_repeats()
    return Split(protocol=NAME, validation=leave_one_out(events).test, test=Stage(events, ()))
