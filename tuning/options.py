"""What may be chosen of a tuning run; light, so that the command line can read its defaults from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from workspace.errors import UsageError


@dataclass(frozen=True, slots=True)
class TuneOptions:
    """How long and how fast to train, and how large what is trained.

    `method` is one of `engine.methods`, `depth` how many of the model's layers are read through, 0 for all.
    `stretch` is the most events of a history that are read at once, `tokens` those of a step; `targets` the
    validation targets that are looked at. After `questions` events of each stretch the branches of the item that
    came next and of `others` are read too; with 0 the reading head alone is taught; `asked` names one of
    `tuning.saying`; `loss` one of `tuning.losses`, and counts `choosing` times beside the head's. The next topic
    counts `topics` times beside the next item. A share `soft` of the head's loss is what the retriever's user
    tower holds likely, instead of what came. With `tower` the head's items begin as that one's, of its `width`.
    `start` names an adapter to go on from.

    In training a share of events is `dropped`, and of residuals `hidden`: see `ReadingHead`; epochs take
    `phrasings` of the instruction in turn, and shuffle each item's categories in all but the first. There are
    `looks` at validation, and after `patience` of them without a better one training ends. Then come `refit`
    epochs, at lower rates, over all events before the test, validation among them.
    """

    epochs: int = 8
    rate: float = 1e-3
    head_rate: float = 3e-3
    method: str = "lora"
    rank: int = 16
    depth: int = 0
    width: int = 128
    dropout: float = 0.1
    weight_decay: float = 0.0
    dropped: float = 0.2
    hidden: float = 0.1
    phrasings: int = 1
    topics: float = 0.0
    soft: float = 0.0
    tower: bool = False
    stretch: int = 40
    tokens: int = 1_500
    questions: int = 0
    asked: str = "yes-no"
    others: int = 9
    loss: str = "listwise"
    choosing: float = 1.0
    start: str = ""
    targets: int = 400
    looks: int = 8
    patience: int = 8
    refit: int = 1
    seed: int = 0

    def told(self, pairs: Sequence[str]) -> TuneOptions:
        """With other values for fields given as NAME=VALUE.

        Raises:
            UsageError: there is no such field, or its value is of another type.
        """
        from pydantic import TypeAdapter, ValidationError

        found = self
        for name, _, value in (pair.partition("=") for pair in pairs):
            if name not in asdict(self):
                raise UsageError(f"{name!r} is no setting of tuning; known: {', '.join(asdict(self))}")
            try:
                found = replace(found, **{name: TypeAdapter(type(getattr(self, name))).validate_python(value)})
            except ValidationError as error:
                raise UsageError(f"{name} = {value!r}: {error.errors()[0]['msg']}") from error
        return found
