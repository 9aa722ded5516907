"""Which topics a home follows: the categories of its items, clusters of their embeddings, or both."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from history.catalogue import facet_values
from history.records import Item
from interests.naming import class_tf_idf, distinct_names, nearest_words
from interests.topics import Topics, joined, kept_ids
from retrieval.clusters import nearest
from retrieval.encoder import Vectors
from workspace.settings import TopicKind

Embed = Callable[[Sequence[str]], Vectors]
Kind = Literal["categories", "clusters", "both"]
FILE, CENTRES = "topics.json", "centres.npy"
CATEGORISED = 0.5  # of the items: where at least this share has categories, these are the topics
LETTERS = 4  # of a word of a title that may name a topic, at least
CLUSTER = "cluster"  # what a cluster's id begins with, and what follows a name that a category bears too


@dataclass(frozen=True)
class TopicModel:
    """How the topics of items are found.

    `middles`, float32 [clusters, width], are the centres of clusters; their `ids`, numbers, stay while most of their
    items stay, and so many were ever `given`; `names` are for people.
    """

    kind: Kind
    middles: Vectors
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    given: int = 0

    def of(self, items: Sequence[Item], texts: Vectors) -> Topics:
        """The topics of these items, whose sentence embeddings are `texts`, float32 [items, width]."""
        categories = Topics.of_categories([item.categories for item in items])
        if self.kind == "categories":
            return categories
        ids = tuple(f"{CLUSTER} {number}" for number in self.ids)
        clusters = replace(self.clusters(texts), ids=ids, names=self.names)
        return clusters if self.kind == "clusters" else joined(categories, clusters)

    def clusters(self, texts: Vectors) -> Topics:
        """The clusters alone, by their numbers."""
        return Topics.of_clusters(nearest(texts, self.middles), len(self.middles))

    def save(self, folder: Path) -> None:
        """Write it down in `folder`."""
        np.save(folder / CENTRES, self.middles)
        told = {"kind": self.kind, "ids": self.ids, "names": self.names, "given": self.given}
        (folder / FILE).write_text(json.dumps(told, ensure_ascii=False, indent=2))

    @classmethod
    def load(cls, folder: Path) -> TopicModel:
        """What `save` wrote."""
        told = json.loads((folder / FILE).read_bytes())
        return cls(told["kind"], np.load(folder / CENTRES), tuple(told["ids"]), tuple(told["names"]), told["given"])


def kind_of(choice: TopicKind, items: Sequence[Item]) -> Kind:
    """What the setting stands for on these items; "auto" takes categories where they are usual."""
    if choice != "auto":
        return choice
    known = sum(bool(item.categories) for item in items)
    return "categories" if known and known >= CATEGORISED * len(items) else "clusters"


def cluster_model(
    kind: Kind, middles: Vectors, items: Sequence[Item], texts: Vectors, before: TopicModel | None, embed: Embed
) -> TopicModel:
    """The model of these clusters; each takes over its id from the one `before` whose items it mostly holds.

    They are named by words of their items, which `embed` turns into sentence embeddings, float32 [words, width].
    """
    found = TopicModel(kind, middles)
    topics = found.clusters(texts)
    old = _members(before.clusters(texts), before.ids) if before and _fits(before, texts) else {}
    ids, given = kept_ids(old, list(_members(topics, topics.ids).values()), before.given if before else 0)
    taken = {category for item in items for category in item.categories} if kind == "both" else set()
    telling = class_tf_idf(topics, [_words(item) for item in items])
    names = distinct_names(nearest_words(telling, middles, embed))
    shown = tuple(f"{name} {CLUSTER}" if name in taken else name for name in names)
    return replace(found, ids=tuple(ids), names=shown, given=given)


def _fits(before: TopicModel, texts: Vectors) -> bool:
    return len(before.middles) > 0 and before.middles.shape[1] == texts.shape[1]


def _members(topics: Topics, ids: Sequence[str]) -> Mapping[str, list[str]]:
    rows = topics.mass.tocoo()
    found: dict[str, list[str]] = {name: [] for name in ids}
    for item, topic in zip(rows.row.tolist(), rows.col.tolist(), strict=True):
        found[ids[topic]].append(str(item))
    return found


def _words(item: Item) -> list[str]:
    """What may name a topic of the item's: its facets, the longer words of its title, and two such side by side."""
    words = re.findall(r"[^\W\d_]+", item.title)
    facets = (facet.partition("=")[2] for facet in facet_values(replace(item, entities={})))
    long = [word.capitalize() if len(word) >= LETTERS else "" for word in words]
    pairs = [f"{one} {other}" for one, other in pairwise(long) if one and other]
    return [*facets, *filter(None, long), *pairs]
