"""Keys that programs show at the doors: kept hashed, in the home."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from workspace.errors import DataError, UnknownName, UsageError, explained_disk_errors
from workspace.lock import one_at_a_time

PREFIX = "ft_"  # so that a key is known for one where it should not be, such as in a repository


class Scope(StrEnum):
    """What a key is good for; each holds those before it."""

    read = "read"
    write = "write"
    admin = "admin"

    def holds(self, other: Scope) -> bool:
        """Whether this one is good for what needs the other."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Key:
    """A key, but for the key itself: SHA-256 of it, since 256 random bits need no slower hash."""

    name: str
    scope: Scope
    created: str
    digest: str


class Keys:
    """The keys of one home; what another process adds or removes holds at once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read: tuple[int, tuple[Key, ...]] = (-1, ())

    def all(self) -> tuple[Key, ...]:
        """Every key, oldest first.

        Raises:
            DataError: the file is damaged: nobody is let in.
        """
        try:
            changed = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return ()
        if changed != self._read[0]:
            try:
                found = tuple(
                    Key(**{**row, "scope": Scope(row["scope"])}) for row in json.loads(self._file.read_bytes())
                )
            except (ValueError, TypeError, KeyError) as error:
                raise DataError(f"{self._file} is damaged ({error}); remove it and add the keys anew") from error
            self._read = (changed, found)
        return self._read[1]

    def add(self, name: str, scope: Scope) -> str:
        """A new key, which is told this one time and kept nowhere.

        Raises:
            UsageError: there is one of this name.
        """
        if not name.strip() or not name.isprintable():
            raise UsageError(f"a key needs a name that can be printed, not {name!r}")
        key = PREFIX + secrets.token_urlsafe(32)
        made = Key(name, scope, datetime.now(UTC).isoformat(timespec="seconds"), _digest(key))
        with one_at_a_time(self._lock()):
            if any(one.name == name for one in self.all()):
                raise UsageError(f"there is a key called {name!r}; remove it first, or choose another name")
            self._write([*self.all(), made])
        return key

    def remove(self, name: str) -> None:
        """Let a key be good for nothing.

        Raises:
            UnknownName: there is none of this name.
        """
        with one_at_a_time(self._lock()):
            left = [one for one in self.all() if one.name != name]
            if len(left) == len(self.all()):
                names = [one.name for one in self.all()]
                raise UnknownName(f"no key is called {name!r}; there are: {', '.join(names) or 'none'}", names)
            self._write(left)

    def find(self, key: str) -> Key | None:
        """The key that somebody shows; every kept one is compared, each in constant time."""
        digest, found = _digest(key), None
        for one in self.all():
            if hmac.compare_digest(one.digest, digest):
                found = one
        return found

    def _lock(self) -> Path:
        with explained_disk_errors(self._file):
            self._file.parent.mkdir(parents=True, exist_ok=True)
        return self._file.with_suffix(".lock")

    def _write(self, keys: Sequence[Key]) -> None:
        new = self._file.with_suffix(".new")
        with explained_disk_errors(self._file):
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump([asdict(one) for one in keys], file, indent=2)
            new.replace(self._file)
        self._read = (-1, ())


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
