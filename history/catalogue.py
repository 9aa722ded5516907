"""The items by id, with the nearest names for one that is unknown."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

from rapidfuzz import fuzz, process

from history.records import Item
from workspace.errors import UnknownName

MOST = 8  # so many facets enter an item's text, and so many values of each
LONGEST = 60
WORD = re.compile(r"(?<![^\W_])[^\W\d_]{2,}(?![^\W_])")  # two letters or more in a row that no digit touches


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Up to `count` of the `known` names, most like `name` first."""
    return [match for match, _, _ in process.extract(name, list(known), scorer=fuzz.ratio, limit=count)]


def same_name(item: Item) -> str:
    """A digest of title and year, case and space aside: the same for items of the same name in other catalogues."""
    name = f"{' '.join(item.title.casefold().split())} {item.year or ''}"
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UnknownName:
    """The error for a `kind` ("user", "item") called `name`, with the nearest known ids."""
    close = nearest(name, known)
    hint = (
        f"; nearest known ids: {', '.join(close)}" if close else f"; no {kind} is in the store, run: foretaste import"
    )
    return UnknownName(f"unknown {kind} {name!r}{hint}", close)


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
    """What a sentence encoder reads of an item: "Alien (1979). Genres: Horror. Director: Ridley Scott. In space …".

    Of its facets the first few whose values are words; ids, numbers, addresses and `entities` say nothing to it.
    """
    parts = [f"{item.title} ({item.year})" if item.year else item.title]
    if item.categories:
        parts.append("Genres: " + ", ".join(item.categories))
    words = {name: [value for value in split_values(text) if _is_words(value)] for name, text in item.facets.items()}
    for name, values in [(name, values) for name, values in words.items() if values][:MOST]:
        shown = (value if len(value) <= LONGEST else value[: LONGEST - 1] + "…" for value in values[:MOST])
        parts.append(f"{name.replace('_', ' ').capitalize()}: {', '.join(shown)}")
    if item.description:
        parts.append(item.description)
    return ". ".join(part for part in parts if part)


def facet_values(item: Item) -> list[str]:
    """What an item may have in common with others: "category=Horror", "director=Ridley Scott", "actor=m.0bxtg".

    Its categories, the words among its facets that are no longer than a name, and all of its entities.
    """
    values = [("category", value) for value in item.categories]
    for name, text in item.facets.items():
        values += [(name, value) for value in split_values(text) if len(value) <= LONGEST and _is_words(value)]
    values += [(name, value) for name, text in item.entities.items() for value in split_values(text)]
    return list(dict.fromkeys(f"{name}={value}" for name, value in values))


def split_values(text: str) -> list[str]:
    """The values of a facet, without repeats, each on one line: "fun | pixar" has two."""
    return list(dict.fromkeys(value for part in text.split("|") if (value := " ".join(part.split()))))


def _is_words(value: str) -> bool:
    return bool(WORD.search(value)) and "://" not in value and value[0] not in "{["
