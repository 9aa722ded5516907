"""The moment of an event that happens now."""

from __future__ import annotations

import time

from history.store import Store


def now(store: Store) -> float:
    """The clock's, in Unix seconds, or one place further where only the order is known."""
    return store.last_timestamp() + 1 if store.order_only() else time.time()
