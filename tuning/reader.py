"""What is trained: a language model's adapter and the head that reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from peft.helpers import disable_input_dtype_casting
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from engine.layout import Layout, Slot, lay_out
from engine.methods import AfterStep
from engine.reading import ReadingHead
from tuning.examples import UNKNOWN, Reading
from tuning.losses import Loss, distilled, listwise


@dataclass(frozen=True, slots=True)
class ReadingBatch:
    """Readings side by side, each with its questions as one packed tree, filled up on the right.

    `ids` and `positions` are int64 [readings, longest], and `sight`, bool [readings, 1, longest, longest], is true
    where the row's token sees the column's. `rows` and `columns`, int64 [events], say where events end; `targets`,
    int64 [events], what came next. `leaf_rows` and `leaf_columns`, int64 [branches], say where branches end, question
    by question; `items`, int64 [questions, most branches], what they are about; `offsets`, float32 of that shape, what
    is added to each, -inf where there is none, and `ratings`, float32 [questions], what the target was given, as a
    share of the scale, NaN where it was not rated. Of a question with a lettered list there is one leaf, its end;
    `answers`, int64 [questions, most branches], are the tokens of the letters. `likely`, float32 [events, items], is
    P(next) by a teacher, with no rows where there is none; `held`, float32 [questions, most branches], is log P(next)
    of each question's items by a teacher, -inf where there is no item, with no rows where there is no teacher.
    """

    ids: Tensor
    positions: Tensor
    sight: Tensor
    rows: Tensor
    columns: Tensor
    targets: Tensor
    leaf_rows: Tensor
    leaf_columns: Tensor
    items: Tensor
    offsets: Tensor
    ratings: Tensor
    answers: Tensor
    likely: Tensor
    held: Tensor

    def to(self, device: torch.device) -> ReadingBatch:
        """The same, there."""
        return ReadingBatch(**{name: getattr(self, name).to(device) for name in self.__slots__})

    @property
    def tokens(self) -> int:
        """How many tokens are read; only the first of each reading is at position 0, and what fills up."""
        return int((self.positions > 0).sum()) + len(self.positions)


def collate(readings: Sequence[Reading]) -> ReadingBatch:
    """The readings side by side."""
    layouts = [_layout(reading) for reading in readings]
    leaves = [_leaves(layout) for layout in layouts]
    longest = max(layout.length for layout in layouts)
    sight = torch.eye(longest, dtype=torch.bool).repeat(len(readings), 1, 1)  # what fills up sees itself, not nothing
    for seen, layout in zip(sight, layouts, strict=True):
        seen[: layout.length, : layout.length] = layout.mask()
    choices = [choice for reading in readings for choice in reading.choices]
    offsets = [torch.from_numpy(choice.offsets).float() for choice in choices]
    return ReadingBatch(
        pad_sequence([layout.ids for layout in layouts], batch_first=True),
        pad_sequence([layout.positions for layout in layouts], batch_first=True),
        sight[:, None],
        torch.from_numpy(np.repeat(np.arange(len(readings)), [len(reading.ends) for reading in readings])),
        torch.from_numpy(np.concatenate([reading.ends for reading in readings])),
        torch.from_numpy(np.concatenate([reading.targets for reading in readings])),
        torch.tensor([row for row, places in enumerate(leaves) for _ in places], dtype=torch.long),
        torch.tensor([place for places in leaves for place in places], dtype=torch.long),
        _filled([choice.items for choice in choices]),
        _side_by_side(offsets),
        torch.tensor([choice.rating for choice in choices]),
        _filled([choice.answers for choice in choices]),
        torch.from_numpy(np.concatenate([reading.likely for reading in readings])),
        _side_by_side([torch.from_numpy(choice.likely).float() for choice in choices if len(choice.likely)]),
    )


def _filled(rows: Sequence[Any]) -> Tensor:
    found = [torch.as_tensor(row, dtype=torch.long) for row in rows]
    return pad_sequence(found, batch_first=True) if found else torch.zeros((0, 1), dtype=torch.long)


def _side_by_side(rows: Sequence[Tensor]) -> Tensor:
    return pad_sequence(list(rows), batch_first=True, padding_value=-torch.inf) if rows else torch.zeros(0, 1)


def _layout(reading: Reading) -> Layout:
    """The history, a bridge after each event that is asked about, and the branches on it: as the engine lays it out."""
    slots = [Slot(tuple(reading.ids.tolist()), -1, 0)]
    for choice in reading.choices:
        slots.append(Slot(choice.bridge, 0, int(reading.ends[choice.place]) + 1))
        bridge = len(slots) - 1
        slots += [Slot(branch, bridge, len(choice.bridge)) for branch in choice.branches]
    return lay_out(slots)


def _leaves(layout: Layout) -> list[int]:
    """The places of the last tokens of all branches, and of questions that have none."""
    parents = {slot.parent for slot in layout.slots}
    pairs = enumerate(zip(layout.starts, layout.slots, strict=True))
    return [start + len(slot.tokens) - 1 for place, (start, slot) in pairs if slot.parent >= 0 and place not in parents]


class Reader(nn.Module):
    """A language model that reads histories, the head that answers for the whole catalogue, and branches that choose.

    Its state is what is trained, the adapter and the head: a checkpoint holds no weight of the model's own.
    """

    _keys_to_ignore_on_save = None  # the Trainer asks for it
    after_step: AfterStep | None = None  # what the method wants to be told

    def __init__(
        self,
        language: Any,
        head: ReadingHead,
        hidden: float = 0.0,
        say: Callable[[Tensor, ReadingBatch], Tensor] | None = None,
        loss: Loss = listwise,
        choosing: float = 1.0,
        soft: float = 0.0,
        also: Callable[[Tensor, Tensor, Tensor], Tensor] | None = None,
    ) -> None:
        """A share `hidden` of the residuals is left out in each step, so that texts alone learn to speak for items.

        `say` gives the values of each question's items, [questions, most branches], -inf where there is none, from the
        last hidden states of the leaves, [leaves, width]; `loss` teaches them, and counts `choosing` times beside the
        head's, of which a share `soft` is against the teacher's P(next). `also` is a further loss of the head's logits,
        [events, items], the columns of the items that came next, and the items of all columns.
        """
        super().__init__()
        self._say, self._loss, self._share, self._soft, self._also = say, loss, choosing, soft, also
        self._hidden = hidden
        self.language = language
        self.head = head

    def hidden(self, batch: ReadingBatch) -> Tensor:
        """The last hidden states, [readings, longest, width of the model].

        The adapter's products are in the model's precision, as in serving; only its own values are kept in float32.
        """
        kind, half = batch.ids.device.type, self.language.dtype != torch.float32
        with disable_input_dtype_casting(self.language), torch.autocast(kind, self.language.dtype, enabled=half):
            output = self.language.base_model(
                input_ids=batch.ids, attention_mask=batch.sight, position_ids=batch.positions, use_cache=False
            )
        found: Tensor = output.last_hidden_state
        return found

    def states(self, batch: ReadingBatch) -> Tensor:
        """The hidden state after each event, [events, width of the model]."""
        batch = batch.to(self.language.device)
        return self.hidden(batch)[batch.rows, batch.columns]

    def forward(self, batch: ReadingBatch) -> dict[str, Tensor]:
        """`loss`, in nats: the mean cross-entropy of each next item over all that take part, and over its branches.

        `reading` and `choosing` are the two terms; the second is 0 where nothing was asked.
        """
        batch = batch.to(self.language.device)
        hidden = self.hidden(batch)
        reading = self._reading(hidden[batch.rows, batch.columns], batch)
        choosing = self._choosing(hidden[batch.leaf_rows, batch.leaf_columns], batch)
        return {
            "loss": reading + self._share * choosing,
            "reading": reading.detach(),
            "choosing": choosing.detach(),
        }

    def _reading(self, states: Tensor, batch: ReadingBatch) -> Tensor:
        """The head's loss over the items that take part."""
        known = batch.targets != UNKNOWN
        targets = batch.targets[known]
        places, added = self.head.taking_part(targets)
        logits = self.head(states[known], places, self._hidden if self.training else 0.0) + added
        columns = places.new_empty(len(self.head.seen))
        columns[places] = torch.arange(len(places), device=places.device)
        loss = nn.functional.cross_entropy(logits, columns[targets])
        if len(batch.likely):
            likely = nn.functional.normalize(batch.likely[known][:, places] * added.exp(), p=1.0, dim=1)
            loss = (1 - self._soft) * loss + self._soft * nn.functional.cross_entropy(logits, likely)
        return loss + (self._also(logits, columns[targets], places) if self._also else 0.0)

    def _choosing(self, ends: Tensor, batch: ReadingBatch) -> Tensor:
        """The loss over the branches of each question, whose first is the target."""
        if not self._say or not len(ends):
            return batch.offsets.new_zeros(())
        values = self._say(ends, batch)
        loss = self._loss(values, batch.offsets, batch.ratings)
        if len(batch.held):
            loss = (1 - self._soft) * loss + self._soft * distilled(values, batch.offsets, batch.held)
        return loss

    def trained(self) -> dict[str, nn.Parameter]:
        """What is trained, by name."""
        return {name: value for name, value in self.named_parameters() if value.requires_grad}

    def state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        """What is trained, by name; the model's own weights never change."""
        if args or kwargs.get("destination") is not None:
            return super().state_dict(*args, **kwargs)
        return {name: value.detach() for name, value in self.trained().items()}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Take over what `state_dict` gave."""
        found = super().load_state_dict(state_dict, strict=False, assign=assign)
        return found._replace(missing_keys=[name for name in found.missing_keys if name in self.trained()])
