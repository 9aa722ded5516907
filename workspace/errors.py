"""The error tree. Catch `ForetasteError` broadly, a child to recover.

ForetasteError
├── UsageError            a wrong argument or setting
│   └── FilterError       a `--where` expression that does not parse
├── UnknownName           a user or item that nobody has heard of
├── DataError             a file or row that cannot be read
├── NotReady              something must be run first (fetch, import, fit)
├── DamagedArtefact       a kept file whose checksum is wrong
├── AssetError            a model or data set that cannot be fetched
├── StoreError            the event store refused (full disk, locked, wrong version)
└── ModelError            the language model cannot do what was asked
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


class ForetasteError(Exception):
    """Any failure that Foretaste explains; the message names the value, the place and the way out."""


class UsageError(ForetasteError):
    """A wrong argument or setting."""


class FilterError(UsageError):
    """A `--where` expression that does not parse or names an unknown field."""


class UnknownName(ForetasteError):
    """A user or item that is not in the store; `nearest` are known ids that are like it."""

    def __init__(self, message: str, nearest: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.nearest = tuple(nearest)


class DataError(ForetasteError):
    """A file or row that cannot be read."""


class NotReady(ForetasteError):
    """Something must be run first; the message says what."""


class DamagedArtefact(ForetasteError):
    """A kept file whose checksum is not the one written down for it."""


class AssetError(ForetasteError):
    """A model or data set that cannot be fetched."""


class StoreError(ForetasteError):
    """The event store refused."""


class ModelError(ForetasteError):
    """The language model cannot do what was asked."""


@contextmanager
def explained_disk_errors(place: Path) -> Iterator[None]:
    """Turn a full disk or a missing permission while writing to `place` into a `StoreError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreError(f"the disk is full: could not write {place}; free some room and run the command again "
                             "(what was kept before is untouched)") from error  # fmt: skip
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise StoreError(f"may not write {place}: {error.strerror}; choose another --home") from error
        if isinstance(error, NotADirectoryError | FileExistsError):
            raise StoreError(f"cannot make {place}: a file stands in its way; choose another --home") from error
        raise
