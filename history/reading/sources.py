"""Where bytes come from: a file, a gzip file, or a member of a zip; damage is explained with its place."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from workspace.errors import DataError

# the "surrogateescape" error handler turns each undecodable byte 0xNN into the character U+DCNN
UNDECODABLE = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Source:
    """A file on disk or, with `member`, a file inside the zip at `path`."""

    path: Path
    member: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.member}" if self.member else str(self.path)

    @property
    def full_name(self) -> str:
        """The file's own name in lower case."""
        return (self.member or self.path.name).rpartition("/")[2].lower()

    @property
    def name(self) -> str:
        """The file's own name in lower case, without `.gz`: what tells its format."""
        return self.full_name.removesuffix(".gz")


@contextmanager
def explained_damage(source: Source) -> Iterator[None]:
    """Turn what the operating system, gzip and zip say about a broken file into a `DataError`."""
    try:
        yield
    except EOFError as error:
        raise DataError(f"{source}: the gzip data ends too early: fetch or copy the file again") from error
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, UnicodeError) as error:
        raise DataError(f"{source}: damaged or not compressed as its name says ({error}): fetch it again") from error
    except FileNotFoundError as error:
        raise DataError(f"{source}: no such file or folder: check the path") from error
    except OSError as error:
        raise DataError(f"{source}: cannot be read ({error.strerror or error}): check the file's rights") from error
    except (RuntimeError, NotImplementedError, KeyError) as error:  # zipfile: a password, an unknown compression
        raise DataError(f"{source}: cannot be unpacked ({error}): unpack the zip and name the folder") from error


@contextmanager
def open_bytes(source: Source) -> Iterator[IO[bytes]]:
    """The unpacked bytes of `source`, streamed.

    Raises:
        DataError: the file is missing, unreadable, truncated or damaged.
    """
    with explained_damage(source), ExitStack() as stack:
        if source.member:
            archive = stack.enter_context(zipfile.ZipFile(source.path))
            packed: IO[bytes] = stack.enter_context(archive.open(source.member))
        else:
            packed = stack.enter_context(source.path.open("rb"))
        if source.full_name.endswith(".gz"):
            yield cast(IO[bytes], stack.enter_context(gzip.open(packed)))
        else:
            yield packed


def read_lines(source: Source, encoding: str) -> Iterator[str]:
    """The lines of a text file with their line ends.

    Raises:
        DataError: an unknown encoding, a byte that does not fit it, or a NUL; the message names the line.
    """
    with open_bytes(source) as file:
        try:
            text = io.TextIOWrapper(file, encoding=encoding, errors="surrogateescape", newline="")
        except (LookupError, ValueError) as error:
            raise DataError(f"{source}: unknown encoding {encoding!r}: try --encoding latin-1 or utf-16") from error
        try:
            for number, line in enumerate(text, 1):
                if not line.isascii() or "\0" in line:
                    _check_line(source, encoding, number, line)
                yield line
        except UnicodeError as error:
            raise DataError(f"{source}: not in the encoding {encoding} ({error}): name it with --encoding") from error


def _check_line(source: Source, encoding: str, number: int, line: str) -> None:
    if bad := UNDECODABLE.search(line):
        byte = ord(bad[0]) - 0xDC00
        likely = "utf-16" if number == 1 and byte in (0xFE, 0xFF) else "latin-1"
        raise DataError(
            f"{source}, line {number}: byte 0x{byte:02x} at character {bad.start() + 1} is not in the encoding "
            f"{encoding.removesuffix('-sig')}: name the file's own, for example --encoding {likely}"
        )
    if "\0" in line:
        raise DataError(
            f"{source}, line {number}: a NUL byte at character {line.index(chr(0)) + 1}: not a text file, "
            "or one that needs --encoding utf-16"
        )
