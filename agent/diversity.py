"""The list obeys the domain's cap on any one category."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from history.catalogue import Catalogue


def capped(item_ids: Sequence[str], catalogue: Catalogue, count: int, cap: float) -> list[str]:
    """The first `count` ids such that no leading category (an item's first) holds more than `cap` of them.

    Those held back come after, in their own order, when nothing else is left to fill the list.
    """
    room = max(1, math.ceil(cap * count))
    taken: Counter[str] = Counter()
    chosen: list[str] = []
    held_back: list[str] = []
    for item_id in item_ids:
        leading = catalogue[item_id].categories[:1]
        if leading and taken[leading[0]] >= room:
            held_back.append(item_id)
            continue
        taken.update(leading)
        chosen.append(item_id)
        if len(chosen) == count:
            break
    return (chosen + held_back)[:count]
