"""The reading head: from the hidden state after an event to P(next) over the whole catalogue.

An item's vector is P e + r, as in the user tower: its sentence embedding e, projected, and a residual r of its own,
which is zero for an item that was never trained on. So a new item is within reach as soon as its text is embedded.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

SPREAD = 0.02
FULL, DRAWN = 20_000, 8_000  # items that take part in a softmax as a whole; how many are drawn from more
WEIGHTS, ITEMS = "head.safetensors", "head.json"


@dataclass(frozen=True, slots=True)
class HeadShape:
    """How wide a state is read, and how much of it is dropped in training."""

    width: int = 128
    dropout: float = 0.1


class ReadingHead(nn.Module):
    """Scores every item after a history that a language model has read."""

    def __init__(
        self, hidden: int, texts: NDArray[np.float32], counts: NDArray[np.int64], shape: HeadShape, seed: int = 0
    ) -> None:
        """`hidden` is the model's width; `texts`, float32 [items, text width], are the items' sentence embeddings.

        `counts`, int64 [items], says how often each item occurs in what the head will be trained on.
        """
        super().__init__()
        self.shape = shape
        self.texts: Tensor
        self.trained: Tensor
        self.seen: Tensor
        self.register_buffer("texts", torch.from_numpy(np.array(texts, np.float32)), persistent=False)
        self.register_buffer("trained", torch.from_numpy(counts > 0)[:, None], persistent=False)
        self.register_buffer("seen", torch.from_numpy(counts > 0), persistent=False)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.norm = nn.LayerNorm(hidden)
            self.state = nn.Linear(hidden, shape.width)
            self.projection = nn.Linear(texts.shape[1], shape.width, bias=False)
            self.residuals = nn.Parameter(SPREAD * torch.randn(len(texts), shape.width) * self.trained)
        self.popularity = nn.Parameter(torch.from_numpy(np.log1p(counts)).float())
        self.dropout = nn.Dropout(shape.dropout)

    @torch.no_grad()
    def begin_with(self, projection: NDArray[np.float32], residuals: NDArray[np.float32]) -> None:
        """Begin with items that another model has learnt to point at: P, [width, text width], and r, [items, width].

        What is popular is in them already.
        """
        self.projection.weight.copy_(torch.from_numpy(projection))
        self.residuals.copy_(torch.from_numpy(residuals))
        self.popularity.zero_()

    def learn_also(self, counts: NDArray[np.int64]) -> None:
        """From now on give the items with `counts`, int64 [items], above 0 residuals of their own too."""
        self.seen |= torch.from_numpy(counts > 0).to(self.seen.device)
        self.trained |= self.seen[:, None]

    def taking_part(self, targets: Tensor) -> tuple[Tensor, Tensor]:
        """The items of a step's softmax, int64 [n], and what is to be added to their logits, float32 [n].

        These are all that an event was on, up to `FULL`; of more, `targets` and `DRAWN` others, each of which stands
        for as many as it was drawn from, so that the sum of all is met on average (Bengio and Senécal 2008). That
        nobody chose the items without events says little where data are few, and nothing of items that come in later:
        a softmax that holds them teaches the head that texts like theirs are never wanted.
        """
        seen = self.seen.nonzero()[:, 0]
        if len(seen) <= FULL:
            return seen, torch.zeros(len(seen), device=seen.device)
        own = torch.unique(targets)
        others = seen[~torch.isin(seen, own)]
        drawn = others[torch.randperm(len(others), device=seen.device)[:DRAWN]]
        added = torch.full((len(drawn),), math.log(len(others) / len(drawn)), device=seen.device)
        return torch.cat([own, drawn]), torch.cat([torch.zeros(len(own), device=seen.device), added])

    def items(self, places: Tensor | None = None, hidden: float = 0.0) -> Tensor:
        """The vectors P e + r of all items, or those at `places`, float32 [n, width].

        A share `hidden` of the residuals is left out: that teaches the text alone to speak for an item.
        """
        which: Any = slice(None) if places is None else places
        residuals = self.residuals[which] * self.trained[which]
        if hidden:
            residuals = residuals * (torch.rand_like(residuals[:, :1]) >= hidden)
        found: Tensor = self.projection(self.texts[which]) + residuals
        return found

    def forward(self, states: Tensor, places: Tensor | None = None, hidden: float = 0.0) -> Tensor:
        """The logits of all items, or those at `places`, float32 [n, items], from hidden states [n, hidden]."""
        popularity = self.popularity if places is None else self.popularity[places]
        found: Tensor = self._users(states) @ self.items(places, hidden).T + popularity
        return found

    def each(self, states: Tensor, places: Tensor) -> Tensor:
        """The logit of one item after each state, float32 [n]: of that at `places`, int64 [n], after [n, hidden]."""
        found: Tensor = (self._users(states) * self.items(places)).sum(1) + self.popularity[places]
        return found

    def _users(self, states: Tensor) -> Tensor:
        found: Tensor = self.dropout(self.state(self.norm(states.float())))
        return found

    @torch.inference_mode()
    def answer(self, states: Tensor) -> NDArray[np.float64]:
        """The logits of all items as an array, float64 [n, items]."""
        found: NDArray[np.float64] = self(states.to(self.residuals.device)).double().cpu().numpy()
        return found

    @torch.inference_mode()
    def choose(self, states: NDArray[np.float32], places: Sequence[int]) -> NDArray[np.float64]:
        """The logit of one item each, float64 [n]: of that at `places` after states [n, hidden]."""
        if not places:
            return np.zeros(0)
        device = self.residuals.device
        which = torch.tensor(places, dtype=torch.long, device=device)
        found: NDArray[np.float64] = self.each(torch.from_numpy(states).to(device), which).double().cpu().numpy()
        return found

    def save(self, folder: Path, item_ids: Sequence[str], names: Sequence[str] = ()) -> None:
        """Write the head into `folder`; `item_ids` are those of its rows, `names` what other catalogues call them."""
        save_file({name: value.contiguous() for name, value in self._kept().items()}, folder / WEIGHTS)
        about = {"shape": asdict(self.shape), "items": list(item_ids), "names": list(names)}
        (folder / ITEMS).write_text(json.dumps(about))

    @torch.no_grad()
    def take_over(self, folder: Path, names: Sequence[str]) -> int:
        """Begin with what the head in `folder` has learnt on another catalogue; how many items both have.

        An item whose name it knows takes over its residual and its popularity; those of all others stay, popularity
        moved to the same level.
        """
        about, kept = json.loads((folder / ITEMS).read_text()), load_file(folder / WEIGHTS)
        learnt = zip(about["names"], kept["trained"][:, 0].tolist(), strict=True)
        rows = {name: row for row, (name, trained) in enumerate(learnt) if trained}
        places = torch.tensor([rows.get(name, -1) for name in names])
        known = places >= 0
        if known.any():
            level = kept["popularity"][places[known]].mean() - self.popularity[known].mean()
            self.popularity.add_(level)
            self.popularity[known] = kept["popularity"][places[known]]
            self.residuals[known] = kept["residuals"][places[known]]
            self.trained |= known[:, None]
        shared = ("norm.", "state.", "projection.")
        self.load_state_dict({name: value for name, value in kept.items() if name.startswith(shared)}, strict=False)
        return int(known.sum())

    @classmethod
    def load(cls, folder: Path, item_ids: Sequence[str], texts: NDArray[np.float32]) -> ReadingHead:
        """The head in `folder` for the items of today, in their order, with their sentence embeddings.

        An item that it was not trained on has no residual; one that it never knew is as popular as the least popular.
        """
        about, kept = json.loads((folder / ITEMS).read_text()), load_file(folder / WEIGHTS)
        rows = {item_id: row for row, item_id in enumerate(about["items"])}
        places = torch.tensor([rows.get(item_id, -1) for item_id in item_ids])
        present = places >= 0
        known = present & kept["trained"][places, 0]
        head = cls(kept["norm.weight"].shape[0], texts, known.numpy().astype(np.int64), HeadShape(**about["shape"]))
        kept["residuals"] = torch.where(known[:, None], kept["residuals"][places], 0.0)
        kept["popularity"] = torch.where(present, kept["popularity"][places], kept["popularity"].min())
        kept["trained"] = known[:, None]
        head.load_state_dict(kept, strict=False)
        return head.eval().requires_grad_(False)

    @staticmethod
    def trained_items(folder: Path) -> set[str]:
        """The ids of the items that the head in `folder` was trained on."""
        item_ids, trained = json.loads((folder / ITEMS).read_text())["items"], load_file(folder / WEIGHTS)["trained"]
        return {item_id for item_id, known in zip(item_ids, trained[:, 0].tolist(), strict=True) if known}

    def _kept(self) -> dict[str, Tensor]:
        return {**self.state_dict(), "trained": self.trained}
