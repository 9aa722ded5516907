"""What is taught by: losses over the values of each question's branches, the target's first, and of the next topic."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, mse_loss

LEAST_P = 1e-9
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def listwise(values: Tensor, offsets: Tensor, ratings: Tensor) -> Tensor:
    """Cross-entropy of the target among its branches, in nats (ListNet's top one, Cao et al. 2007).

    `values` and `offsets` are float32 [questions, most branches], -inf where there is no branch. The offsets undo how
    the others were drawn, so that a value becomes log P(next).
    """
    return -(values + offsets).log_softmax(1)[:, 0].mean()


def distilled(values: Tensor, offsets: Tensor, held: Tensor) -> Tensor:
    """Cross-entropy to what a teacher holds of each item, in nats: log P(next), float32 [questions, most branches]."""
    truth, said = (held + offsets).softmax(1), (values + offsets).log_softmax(1)
    return -(truth * said.masked_fill(~offsets.isfinite(), 0.0)).sum(1).mean()


def pairwise(values: Tensor, offsets: Tensor, ratings: Tensor) -> Tensor:
    """The target against each of the others, in nats (BPR, Rendle et al. 2009)."""
    others = offsets[:, 1:].isfinite()
    return -logsigmoid((values[:, :1] - values[:, 1:])[others]).sum() / max(1, int(others.sum()))


def squared(values: Tensor, offsets: Tensor, ratings: Tensor) -> Tensor:
    """The squared error of the targets' ratings as shares of the scale, float32 [questions], NaN where there is none.

    The value's sigmoid is the share. The others teach nothing.
    """
    rated = ratings.isfinite()
    if not rated.any():
        return torch.zeros((), device=values.device)
    return mse_loss(values[rated, 0].sigmoid(), ratings[rated])


def topic(logits: Tensor, targets: Tensor, mass: Tensor) -> Tensor:
    """Cross-entropy of the next topic, in nats, from `logits` of all items, float32 [events, items].

    P(topic) is the sum of P(item) over the topic's items. `mass`, float32 [items, topics], splits an item equally over
    its own topics; `targets`, int64 [events], are the items that came. One without topics teaches nothing.
    """
    truth = mass[targets]
    known = truth.any(1)
    if not known.any():
        return torch.zeros((), device=logits.device)
    p = logits[known].softmax(1) @ mass
    return -(truth[known] * p.clamp_min(LEAST_P).log()).sum(1).mean()


LOSSES: Mapping[str, Loss] = {"listwise": listwise, "pairwise": pairwise, "squared": squared}
