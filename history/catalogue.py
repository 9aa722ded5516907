"""The items by id, with the nearest names for one that is unknown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from rapidfuzz import fuzz, process

from history.records import Item
from workspace.errors import UnknownName


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Up to `count` of the `known` names, most like `name` first."""
    return [match for match, _, _ in process.extract(name, list(known), scorer=fuzz.ratio, limit=count)]


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UnknownName:
    """The error for a `kind` ("user", "item") called `name`, with the nearest known ids."""
    close = nearest(name, known)
    hint = (
        f"; nearest known ids: {', '.join(close)}" if close else f"; no {kind} is in the store, run: foretaste import"
    )
    return UnknownName(f"unknown {kind} {name!r}{hint}")


class Catalogue(Mapping[str, Item]):
    """Items by id, in the order in which they were stored."""

    def __init__(self, items: Iterable[Item]) -> None:
        """Take the items; a later one replaces an earlier one of the same id."""
        self._items = {item.item_id: item for item in items}

    def __getitem__(self, item_id: str) -> Item:
        """The item called `item_id`.

        Raises:
            UnknownName: there is none; the message names the nearest ids.
        """
        try:
            return self._items[item_id]
        except KeyError:
            raise unknown_name("item", item_id, self._items) from None

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def fingerprint(self) -> str:
        """SHA-256 over ids and all that is embedded of an item; an index names the catalogue it was built on by it."""
        digest = hashlib.sha256()
        for item in self._items.values():
            digest.update(repr((item.item_id, item_text(item))).encode())
        return digest.hexdigest()


def item_text(item: Item) -> str:
    """What a sentence encoder reads of an item: "Alien (1979). Genres: Horror, Sci-Fi. In space …"."""
    parts = [f"{item.title} ({item.year})" if item.year else item.title]
    if item.categories:
        parts.append("Genres: " + ", ".join(item.categories))
    if item.description:
        parts.append(item.description)
    return ". ".join(part for part in parts if part)
