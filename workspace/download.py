"""Downloads a pinned wheel: pip says where it lies, a stopped download goes on where it was, the sum is checked."""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from workspace.errors import AssetError, DamagedArtefact, explained_disk_errors
from workspace.manifest import FileSum, check_sum
from workspace.progress import download_bar

TRIES = 5
CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel of one exact version, with the size and SHA-256 that it must have."""

    name: str
    version: str
    sum: FileSum

    def __str__(self) -> str:
        """The requirement as pip writes it."""
        return f"{self.name}=={self.version}"

    def part_in(self, downloads: Path) -> Path:
        """Where this wheel's partial download lies in the folder `downloads`."""
        return downloads / f"{self.name}-{self.version}.whl.part"


def local_wheel(wheel: Wheel, folder: Path) -> Path:
    """The wheel among the files that the user put into `folder`.

    Raises:
        AssetError: it is not there, or is another file than the pinned one.
    """
    pattern = f"{wheel.name.replace('-', '_')}-{wheel.version}-*.whl"
    found = next(iter(sorted(folder.glob(pattern))), None)
    if found is None:
        raise AssetError(f"no {pattern} in {folder}; put it there with: pip download --no-deps {wheel}")
    try:
        check_sum(found, wheel.sum, f"download it again: pip download --no-deps {wheel}")
    except DamagedArtefact as error:
        raise AssetError(str(error)) from error
    return found


def download(wheel: Wheel, downloads: Path, pause: float = 1.0) -> Path:
    """The wheel, downloaded into `downloads` and checked; `pause` is the wait in seconds after a first failure.

    Raises:
        AssetError: the package index cannot be reached, or gives another file than the pinned one.
        StoreError: the disk is full or may not be written.
    """
    part = wheel.part_in(downloads)
    if _size(part) < wheel.sum.bytes:
        _download_rest(address(wheel), part, wheel, pause)
    try:
        check_sum(part, wheel.sum, "the download was deleted; run the command again")
    except DamagedArtefact as error:
        part.unlink()
        raise AssetError(str(error)) from error
    return part


def address(wheel: Wheel) -> str:
    """The URL at which the user's package index keeps the wheel.

    Raises:
        AssetError: pip does not find it, or finds another file than the pinned one.
    """
    options = "--quiet --dry-run --ignore-installed --no-deps --ignore-requires-python --only-binary=:all: --retries=2"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", *options.split(), "--report", str(report), str(wheel)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise _unreachable(wheel, _reason(answer.stderr))
        found = json.loads(report.read_text())["install"][0]["download_info"]
    offered = found["archive_info"].get("hashes", {}).get("sha256", wheel.sum.sha256)
    if offered != wheel.sum.sha256:
        raise AssetError(
            f"the package index offers another {wheel} (SHA-256 {offered[:12]}…) than the pinned one "
            f"({wheel.sum.sha256[:12]}…); use another index"
        )
    return str(found["url"])


def _download_rest(url: str, part: Path, wheel: Wheel, pause: float) -> None:
    reason = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(pause * 2 ** (attempt - 1))
        try:
            with explained_disk_errors(part):
                _read_on(url, part, wheel)
        except HTTPError as error:
            reason = f"the server answered {error.code} {error.reason}"
            if error.code < 500:
                break
        except (OSError, HTTPException) as error:
            reason = str(error.reason if isinstance(error, URLError) else error) or type(error).__name__
        else:
            reason = f"the connection ended after {_size(part):,} of {wheel.sum.bytes:,} bytes"
        if _size(part) >= wheel.sum.bytes:
            return
    raise _unreachable(wheel, reason)


def _read_on(url: str, part: Path, wheel: Wheel) -> None:
    """Append to `part` what one connection gives, but never more than the wheel's size."""
    done = _size(part)
    request = Request(url, headers={"User-Agent": "foretaste", **({"Range": f"bytes={done}-"} if done else {})})
    with urlopen(request, timeout=60, context=_certificates()) as answer:
        resumed = answer.status == 206
        _check_length(answer, wheel, resumed)
        # A server that does not know ranges sends the file from its start.
        with part.open("ab" if resumed else "wb") as sink:
            _copy(answer, sink, wheel, done if resumed else 0)


def _copy(source: Any, sink: BinaryIO, wheel: Wheel, done: int) -> None:
    with download_bar(str(wheel), wheel.sum.bytes, done) as advance:
        while chunk := source.read(min(CHUNK, wheel.sum.bytes - done)):
            sink.write(chunk)
            done += len(chunk)
            advance(len(chunk))


def _check_length(answer: Any, wheel: Wheel, resumed: bool) -> None:
    # A login page or a proxy's apology has another length than the wheel: refused before it spoils the download.
    stated = answer.headers.get("Content-Range", "").rpartition("/")[2] if resumed else answer.headers["Content-Length"]
    if stated and stated.isdigit() and int(stated) != wheel.sum.bytes:
        raise AssetError(
            f"the package index sent {int(stated):,} bytes for {wheel}, expected {wheel.sum.bytes:,}: "
            "perhaps a login page or a proxy; check the network"
        )


def _certificates() -> ssl.SSLContext:
    bundle = os.environ.get("PIP_CERT", "")
    return ssl.create_default_context(cafile=bundle if Path(bundle).is_file() else None)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reason(output: str) -> str:
    # Without a network pip's errors say "no matching distribution"; what went wrong stands in the warnings above them.
    broken = re.findall(r"connection broken by '(.+)':", output)
    errors = re.findall(r"^ERROR: (.+)", output, re.MULTILINE)
    return (broken or errors or output.strip().splitlines() or ["pip gave no reason"])[-1]


def _unreachable(wheel: Wheel, reason: str) -> AssetError:
    return AssetError(
        f"cannot reach the package index for {wheel}: {reason}; check the network, or on a machine with network run "
        f"`pip download --no-deps {wheel}` and then `foretaste fetch --from DIR`"
    )
