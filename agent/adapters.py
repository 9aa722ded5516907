"""Adapters as versioned values: each with a card that says what it was made from and what it measured.

HOME/adapters/<name>/        an artefact: the adapter's and the head's tensors, and the card
HOME/adapters/promoted.json  the names that were promoted, those in use last; several that rank together joined by +
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.fusion import NO_WEIGHT, LanguageWeight
from agent.head import HEAD
from agent.shipped import shipped_folders
from engine.adapters import Adapter, AdapterShape
from retrieval.blend import Weights
from retrieval.encoder import Vectors
from workspace.artefact import ABOUT, Artefact, current, is_published, publish
from workspace.errors import NotReady, UnknownName, UsageError, explained_disk_errors
from workspace.home import Home

if TYPE_CHECKING:
    from engine.reading import ReadingHead

PROMOTED, TOGETHER = "promoted.json", "+"


@dataclass(frozen=True, slots=True)
class Measured:
    """What validation says in one precision: the mean log-likelihood of a target, in nats, and NDCG@10.

    The sum is measured on each half of the targets by weights fitted on the other half. All of them were looked at to
    choose when to stop, so only `foretaste evaluate` says what it is worth on targets that were never looked at.
    `weights` are those of the retriever's and the head's log-probability in the sum; 0 where one adds nothing.
    `branches` says what the branches add to that sum.
    """

    targets: int
    retrieval: float
    head: float
    fused: float
    retrieval_ndcg: float
    head_ndcg: float
    fused_ndcg: float
    weights: Weights
    branches: LanguageWeight = NO_WEIGHT

    @property
    def helps(self) -> bool:
        """Whether its head or its branches have a weight."""
        return bool(self.weights[HEAD] or self.branches.weight)

    @classmethod
    def of(cls, about: Mapping[str, Any]) -> Measured:
        """From a card."""
        return cls(**{**about, "branches": LanguageWeight(**about["branches"])})


@dataclass(frozen=True, slots=True)
class Card:
    """What an adapter was made from and with.

    `base` and `fingerprint` name the model by what it holds, `encoder` the one whose item vectors the head reads,
    `fit_hash` the events that it or its weights may have seen, none of them after `cut`; `prompt` holds the settings
    that shape what it reads; `measured` goes by precision; `made` is a date. `command` makes it again, under the
    settings that `base`, `encoder`, `prompt` and the precision show; empty where no command made it.
    """

    name: str
    base: str
    fingerprint: str
    encoder: str
    protocol: str
    fit_hash: str
    cut: float
    users: int
    events: int
    prompt: Mapping[str, Any]
    shape: Mapping[str, Any]
    settings: Mapping[str, Any]
    tokens: int
    seconds: float
    made: str
    measured: Mapping[str, Measured]
    command: str = ""

    @classmethod
    def of(cls, about: Mapping[str, Any]) -> Card:
        """From what the artefact says of itself."""
        measured = {name: Measured.of(found) for name, found in about["measured"].items()}
        return cls(**{**about, "measured": measured})


@dataclass(frozen=True, slots=True)
class Version:
    """An adapter on disk, its files whole."""

    card: Card
    folder: Path

    @property
    def adapter(self) -> Adapter:
        """As the engine takes it."""
        return Adapter(self.card.name, self.folder, AdapterShape(**self.card.shape))

    def head(self, item_ids: Sequence[str], texts: Vectors) -> ReadingHead:
        """The reading head for these items, whose sentence embeddings are `texts`, float32 [items, width].

        Raises:
            NotReady: most of what it learnt is about items that are not among these.
        """
        from engine.reading import ReadingHead

        found, learnt = ReadingHead.load(self.folder, item_ids, texts), ReadingHead.trained_items(self.folder)
        known = len(learnt.intersection(item_ids))
        if 2 * known < len(learnt):
            raise NotReady(
                f"the adapter {self.card.name!r} was tuned on other items: only {known:,} of its {len(learnt):,} are "
                "in this catalogue; run: foretaste tune, or foretaste adapters rollback"
            )
        return found

    def measured(self, precision: str) -> Measured:
        """What was measured and fitted in a precision.

        Raises:
            NotReady: its quality was not measured in it.
        """
        if precision not in self.card.measured:
            raise NotReady(
                f"the adapter {self.card.name!r} was measured in {', '.join(self.card.measured)}, not in {precision}: "
                f"set precision to one of these, or run: foretaste --precision {precision} tune"
            )
        return self.card.measured[precision]


def check_name(name: str) -> None:
    """Refuse what is no name for a folder.

    Raises:
        UsageError: it holds other characters than letters, digits, dots, dashes and underscores, or begins with a dot.
    """
    if not re.fullmatch(r"[\w-][\w.-]{0,99}", name, re.ASCII) or name == PROMOTED:
        raise UsageError(
            f"an adapter cannot be called {name!r}: use up to 100 letters, digits, dots, dashes and underscores"
        )


def at_folder(folder: Path, way_out: str = "name the folder of an adapter, such as HOME/adapters/NAME") -> Version:
    """The adapter kept in a folder, wherever it lies.

    Raises:
        NotReady: there is none.
        DamagedArtefact: a file is damaged.
    """
    found = current(folder, way_out)
    try:
        return Version(Card.of(found.about), found.folder)
    except (KeyError, TypeError) as error:
        raise NotReady(
            f"{folder} holds something else than an adapter, or one of another version; {way_out}"
        ) from error


class Adapters:
    """The adapters of a home."""

    def __init__(self, home: Home) -> None:
        self._root = home.adapters

    def names(self) -> list[str]:
        """All names, in their order."""
        return sorted(folder.name for folder in self._root.glob("*") if is_published(folder))

    def find(self, name: str) -> Version:
        """One by name.

        Raises:
            UnknownName: there is none; the message lists what there is.
            DamagedArtefact: a file is damaged.
        """
        if name not in self.names():
            known = ", ".join(self.names()) or "none yet; run: foretaste tune"
            raise UnknownName(f"no adapter {name!r} in {self._root}; there are: {known}")
        return at_folder(self._root / name, f"delete {self._root / name} and tune again")

    def all(self) -> list[Version]:
        """Every adapter."""
        return [self.find(name) for name in self.names()]

    def with_shipped(self) -> list[Version]:
        """Every adapter, before them those that come with Foretaste."""
        return [*(at_folder(folder) for folder in shipped_folders()), *self.all()]

    def made_on(self, fit_hash: str) -> list[Version]:
        """Those that were made on these events, the newest last; the home's own after what comes with Foretaste."""
        own = set(self.names())
        found = [one for one in self.with_shipped() if one.card.fit_hash == fit_hash]
        return sorted(found, key=lambda one: (one.card.name in own, one.card.made))

    def check_new(self, name: str) -> None:
        """Refuse a name that is none, or that an adapter bears already: it may be the one in use.

        Raises:
            UsageError: so it is.
        """
        check_name(name)
        if name in self.names():
            raise UsageError(f"there is an adapter {name!r} in {self._root} already; choose another --name")

    def keep(self, card: Card, write: Callable[[Path], None]) -> Artefact:
        """Keep the adapter named by its card."""
        return publish(self._root / card.name, asdict(card), write)

    def add(self, folder: Path) -> Version:
        """Take over an adapter that lies in another folder, under the name on its card.

        Raises:
            NotReady: there is none in that folder.
            DamagedArtefact: a file is damaged.
            UsageError: there is one of that name already.
        """
        found = at_folder(folder)
        self.check_new(found.card.name)

        def write(target: Path) -> None:
            shutil.copytree(found.folder, target, ignore=shutil.ignore_patterns(ABOUT), dirs_exist_ok=True)

        self.keep(found.card, write)
        return self.find(found.card.name)

    def promote(self, *names: str) -> None:
        """Let the adapter of this name rank from now on, or several together: what their heads say is averaged.

        Raises:
            UnknownName: there is none.
            UsageError: they were tuned on different events.
        """
        found = [self.find(name) for name in names]
        if len({version.card.fit_hash for version in found}) > 1:
            raise UsageError(f"{', '.join(names)} were tuned on different events: they cannot rank together")
        joined = TOGETHER.join(dict.fromkeys(names))
        self._write([*(other for other in self._promoted() if other != joined), joined])

    def rollback(self) -> str | None:
        """Go back to the adapter before; its name, None where there was none.

        Raises:
            UsageError: none is promoted.
        """
        if not self._promoted():
            raise UsageError(f"no adapter in {self._root} is promoted, so there is nothing to go back from")
        self._write(self._promoted()[:-1])
        return next(iter(self._promoted()[-1:]), None)

    def promoted(self) -> tuple[Version, ...]:
        """The adapters in use: none, one, or several that rank together.

        Raises:
            NotReady: one is gone.
        """
        last = self._promoted()[-1].split(TOGETHER) if self._promoted() else []
        for name in last:
            if name not in self.names():
                raise NotReady(
                    f"the promoted adapter {name!r} is gone from {self._root}; run: foretaste adapters rollback"
                )
        return tuple(map(self.find, last))

    def _promoted(self) -> list[str]:
        file = self._root / PROMOTED
        return list(json.loads(file.read_text())) if file.is_file() else []

    def _write(self, names: list[str]) -> None:
        with explained_disk_errors(self._root):
            unfinished = self._root / f"{PROMOTED}.new"
            unfinished.write_text(json.dumps(names))
            os.replace(unfinished, self._root / PROMOTED)
