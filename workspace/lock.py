"""One process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workspace.errors import UsageError, explained_disk_errors


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Wait until no other process holds the file `lock`, then hold it."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def the_only_one(lock: Path, doing: str) -> Iterator[None]:
    """Hold the file `lock` while something is done that no two processes may do.

    Raises:
        UsageError: another process does; the message says what is being done, by `doing`, and by which process.
    """
    with explained_disk_errors(lock):
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("a+")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = f"process {file.read().strip() or 'unknown'}"
            raise UsageError(f"{holder} already {doing} {lock.parent}; stop it, or choose another --home") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
