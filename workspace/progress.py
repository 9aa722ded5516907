"""Progress on a terminal; silence in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def download_bar(title: str, total: int, done: int = 0) -> Iterator[Callable[[int], None]]:
    """A bar of `total` bytes, `done` of them already there; call what it yields with the bytes that came."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), TimeRemainingColumn(), console=Console(file=sys.stderr)) as progress:
        task = progress.add_task(title, total=total, completed=done)
        yield lambda count: progress.advance(task, count)


@contextmanager
def spinner(title: str) -> Iterator[None]:
    """A turning sign beside `title` while something of unknown length runs."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(file=sys.stderr).status(title):
        yield


def track(steps: Iterable[T], title: str, total: int) -> Iterator[T]:
    """The steps, with a bar and the time left beside them."""
    if not sys.stderr.isatty():
        yield from steps
        return
    from rich.console import Console
    from rich.progress import track as rich_track

    yield from rich_track(steps, title, total, console=Console(file=sys.stderr), transient=True)
