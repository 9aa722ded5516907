"""The server around an app."""

from __future__ import annotations

import errno
import socket

import uvicorn
from fastapi import FastAPI

from workspace.errors import UsageError


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes any that is free.

    Raises:
        UsageError: the port is in use or may not be used, or the address is none of this machine's.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(f"port {port} of {host} is in use by another program; choose another --port") from error
        if error.errno == errno.EACCES:
            raise UsageError(f"port {port} may not be used without privileges; choose a --port above 1023") from error
        raise UsageError(f"cannot listen at {host}: {error.strerror or error}; choose another --host") from error


def run(app: FastAPI, where: socket.socket, drain: int) -> None:
    """Serve until SIGTERM or SIGINT; then requests that are being answered have `drain` seconds to end."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=drain, lifespan="on"
    )
    uvicorn.Server(config).run(sockets=[where])
