"""What is trained: a language model's adapter and the head that reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.reading import ReadingHead
from tuning.examples import UNKNOWN, Reading


@dataclass(frozen=True, slots=True)
class ReadingBatch:
    """Readings side by side, filled up on the right.

    `ids` and `sight` (1 for a token) are int64 [readings, longest]; `rows` and `columns`, int64 [events], say where
    events end; `targets`, int64 [events], what came next.
    """

    ids: Tensor
    sight: Tensor
    rows: Tensor
    columns: Tensor
    targets: Tensor


def collate(readings: Sequence[Reading]) -> ReadingBatch:
    """The readings side by side."""
    longest = max(len(reading.ids) for reading in readings)
    rows = [np.pad(reading.ids, (0, longest - len(reading.ids))) for reading in readings]
    sight = torch.arange(longest) < torch.tensor([len(reading.ids) for reading in readings])[:, None]
    return ReadingBatch(
        torch.from_numpy(np.stack(rows)),
        sight.long(),
        torch.from_numpy(np.repeat(np.arange(len(readings)), [len(reading.ends) for reading in readings])),
        torch.from_numpy(np.concatenate([reading.ends for reading in readings])),
        torch.from_numpy(np.concatenate([reading.targets for reading in readings])),
    )


class Reader(nn.Module):
    """A language model that reads histories, and the head that answers for the whole catalogue.

    Its state is what is trained, the adapter and the head: a checkpoint holds no weight of the model's own.
    """

    _keys_to_ignore_on_save = None  # the Trainer asks for it

    def __init__(self, language: Any, head: ReadingHead, untrained: float = 0.0) -> None:
        """A share `untrained` of the residuals is hidden in each step, so that texts alone learn to speak for items."""
        super().__init__()
        self._untrained = untrained
        self.language = language
        self.head = head

    def states(self, batch: ReadingBatch) -> Tensor:
        """The hidden state after each event, [events, width of the model]."""
        output = self.language.base_model(input_ids=batch.ids, attention_mask=batch.sight, use_cache=False)
        found: Tensor = output.last_hidden_state[batch.rows, batch.columns]
        return found

    def forward(self, batch: ReadingBatch) -> dict[str, Tensor]:
        """`loss`: the mean cross-entropy of each next item over the whole catalogue, in nats."""
        logits = self.head(self.states(batch), self._untrained if self.training else 0.0)
        return {"loss": nn.functional.cross_entropy(logits, batch.targets, ignore_index=UNKNOWN)}

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
