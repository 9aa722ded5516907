"""Which events of a long history a prompt keeps."""

from __future__ import annotations


def window_start(count: int, over: int, keep: int) -> int:
    """The place of the first event kept of `count` events, oldest first.

    Nothing is dropped up to `over` events; past that whole blocks of `over - keep` go, so that between `keep` and
    `over` stay and the start moves rarely: the kept part only grows at its end, and a cache of it lives long.
    """
    block = over - keep
    return 0 if count <= over else block * -(-(count - over) // block)
