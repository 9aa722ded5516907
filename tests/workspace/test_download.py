"""Downloads against a small server of this machine: whole, resumed, dropped, wrong, and asked for through pip."""

from __future__ import annotations

import hashlib
import io
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import workspace.download as downloading
from workspace.download import TRIES, Wheel, address, download
from workspace.errors import AssetError, StoreError
from workspace.manifest import FileSum
from workspace.progress import download_bar, spinner

NAME = "tiny_data-1.0-py3-none-any.whl"


def wheel_bytes() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("tiny_data/data.bin", bytes(range(256)) * 4000)
        archive.writestr("tiny_data-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-data\nVersion: 1.0\n")
        archive.writestr("tiny_data-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny_data-1.0.dist-info/RECORD", "")
    return buffer.getvalue()


CONTENT = wheel_bytes()
WHEEL = Wheel("tiny-data", "1.0", FileSum(len(CONTENT), hashlib.sha256(CONTENT).hexdigest()))


class Server(ThreadingHTTPServer):
    """Serves CONTENT as a package index does, and misbehaves as told."""

    content = CONTENT
    drops = 0  # this many answers end half-way
    knows_ranges = True
    status = 200
    asked: list[str | None]  # the Range of each request for the wheel

    @property
    def index(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/simple/"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{NAME}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.path.startswith("/simple/"):
            page = f'<a href="/{NAME}#sha256={hashlib.sha256(self.server.content).hexdigest()}">{NAME}</a>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)
        else:
            self.send_wheel()

    def send_wheel(self) -> None:
        server, range_ = self.server, self.headers["Range"]
        server.asked.append(range_)
        start = int(range_.removeprefix("bytes=").rstrip("-")) if range_ and server.knows_ranges else 0
        self.send_response(206 if start else server.status)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        body = server.content[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.drops:
            server.drops -= 1
            body = body[: len(body) // 2]
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def server(listening: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, its address known without asking pip."""
    monkeypatch.setattr(downloading, "address", lambda _: listening.url)
    return listening


def test_a_download_is_whole_and_checked(server: Server, tmp_path: Path) -> None:
    path = download(WHEEL, tmp_path)
    assert path.read_bytes() == CONTENT
    assert server.asked == [None]


def test_it_goes_on_where_an_earlier_one_stopped(server: Server, tmp_path: Path) -> None:
    WHEEL.part_in(tmp_path).write_bytes(CONTENT[:1000])
    assert download(WHEEL, tmp_path).read_bytes() == CONTENT
    assert server.asked == ["bytes=1000-"]


def test_a_finished_download_needs_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "address", None)
    WHEEL.part_in(tmp_path).write_bytes(CONTENT)
    assert download(WHEEL, tmp_path).read_bytes() == CONTENT


def test_dropped_connections_are_taken_up_again(server: Server, tmp_path: Path) -> None:
    server.drops = 2
    assert download(WHEEL, tmp_path, pause=0).read_bytes() == CONTENT
    half = len(CONTENT) // 2
    assert server.asked == [None, f"bytes={half}-", f"bytes={half + (len(CONTENT) - half) // 2}-"]


def test_too_many_drops_give_up_but_keep_what_came(server: Server, tmp_path: Path) -> None:
    server.drops = TRIES
    with pytest.raises(AssetError, match=r"cannot reach the package index for tiny-data==1.0: the connection ended"):
        download(WHEEL, tmp_path, pause=0)
    assert len(server.asked) == TRIES
    assert download(WHEEL, tmp_path).read_bytes() == CONTENT


def test_a_server_without_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    server.knows_ranges, server.drops = False, 1
    assert download(WHEEL, tmp_path, pause=0).read_bytes() == CONTENT
    assert server.asked[1] is not None


def test_wrong_bytes_are_deleted(server: Server, tmp_path: Path) -> None:
    server.content = CONTENT[:-1] + b"?"
    with pytest.raises(AssetError, match=r"is damaged: SHA-256 .*the download was deleted; run the command again"):
        download(WHEEL, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_login_page_does_not_spoil_the_download(server: Server, tmp_path: Path) -> None:
    WHEEL.part_in(tmp_path).write_bytes(CONTENT[:1000])
    server.content, server.knows_ranges = b"<html>please log in</html>", False
    with pytest.raises(AssetError, match=r"sent 26 bytes for tiny-data==1.0, expected [\d,]+: perhaps a login page"):
        download(WHEEL, tmp_path)
    assert WHEEL.part_in(tmp_path).read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize(("status", "requests"), [(403, 1), (404, 1), (503, TRIES)])
def test_a_refusal_is_named_and_only_a_server_fault_is_tried_again(
    server: Server, tmp_path: Path, status: int, requests: int
) -> None:
    server.status = status
    with pytest.raises(AssetError, match=rf"the server answered {status}.*foretaste fetch --from DIR"):
        download(WHEEL, tmp_path, pause=0)
    assert len(server.asked) == requests


def test_no_server_at_all_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(downloading, "address", lambda _: f"http://127.0.0.1:1/{NAME}")
    with pytest.raises(AssetError, match=r"Connection refused; check the network.*`pip download --no-deps tiny-data=="):
        download(WHEEL, tmp_path, pause=0)


def test_a_file_address_works_and_starts_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / NAME
    source.write_bytes(CONTENT)
    monkeypatch.setattr(downloading, "address", lambda _: source.as_uri())
    WHEEL.part_in(tmp_path).write_bytes(b"old")
    assert download(WHEEL, tmp_path).read_bytes() == CONTENT


def test_a_full_disk_is_explained_at_once(server: Server, tmp_path: Path) -> None:
    WHEEL.part_in(tmp_path).symlink_to("/dev/full")
    with pytest.raises(StoreError, match="the disk is full"):
        download(WHEEL, tmp_path)
    assert len(server.asked) == 1


@pytest.fixture
def index(listening: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server as the only index that pip knows."""
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", listening.index)
    return listening


def test_pip_knows_the_address(index: Server, tmp_path: Path) -> None:
    assert address(WHEEL).partition("#")[0] == index.url
    assert download(WHEEL, tmp_path).read_bytes() == CONTENT


def test_an_index_that_offers_another_file_is_refused(index: Server) -> None:
    pinned = Wheel("tiny-data", "1.0", FileSum(len(CONTENT), "0" * 64))
    with pytest.raises(AssetError, match=r"offers another tiny-data==1.0 .* than the pinned one \(000000000000…\)"):
        address(pinned)


def test_a_version_that_the_index_lacks_is_named(index: Server) -> None:
    with pytest.raises(AssetError, match=r"tiny-data==2.0: .*No matching distribution found"):
        address(Wheel("tiny-data", "2.0", WHEEL.sum))


def test_pip_without_network_says_so(index: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(AssetError, match=r"cannot reach the package index .*refused.*foretaste fetch --from DIR"):
        address(WHEEL)


def test_a_python_without_pip_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho 'python: No module named pip' >&2\nexit 1\n")
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    with pytest.raises(AssetError, match="No module named pip"):
        address(WHEEL)


def test_progress_is_silent_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with download_bar("x", 10) as advance, spinner("y"):
        advance(5)
    assert capsys.readouterr() == ("", "")


def test_progress_shows_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with download_bar("tiny-data==1.0", 2_000) as advance:
        advance(2_000)
    assert "2.0/2.0 kB" in capsys.readouterr().err
