"""The server around an app."""

from __future__ import annotations

import errno
import socket
from ipaddress import ip_address

import uvicorn
from starlette.types import ASGIApp

from serving.keys import Keys
from workspace.errors import UsageError


def check_keys(host: str, keys: Keys) -> None:
    """Refuse to listen where others can reach it, when nobody would have to show a key.

    Raises:
        UsageError: there is no key, and the address is not this machine's own.
    """
    if keys.all():
        return
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host or "0.0.0.0", None, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise UsageError(f"--host {host!r} is no address: {error.strerror}") from error
    if not all(ip_address(str(one).partition("%")[0]).is_loopback for one in found):
        raise UsageError(
            f"--host {host} can be reached from other machines, and no key is needed yet: make one first, "
            "foretaste keys add NAME, or listen at 127.0.0.1"
        )


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes any that is free.

    Raises:
        UsageError: the port is in use or may not be used, or the address is none of this machine's.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        where = socket.create_server((host, port), family=family, backlog=2048)
        where.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or answers wait 40 ms for an acknowledgement
        return where
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(f"port {port} of {host} is in use by another program; choose another --port") from error
        if error.errno == errno.EACCES:
            raise UsageError(f"port {port} may not be used without privileges; choose a --port above 1023") from error
        raise UsageError(f"cannot listen at {host}: {error.strerror or error}; choose another --host") from error


def run(app: ASGIApp, where: socket.socket, drain: int) -> None:
    """Serve until SIGTERM or SIGINT; then requests that are being answered have `drain` seconds to end."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=drain, lifespan="on"
    )
    uvicorn.Server(config).run(sockets=[where])
