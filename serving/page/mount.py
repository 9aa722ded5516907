"""The page as part of an app."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from serving.page import acts, chat, compare, interests, key, lists, start
from serving.page.guests import Memory


def mount(app: FastAPI) -> None:
    """Let an app, whose service stands in its state, show the page too."""
    app.state.page = Memory()
    for module in (start, key, lists, acts, interests, chat, compare):
        app.include_router(module.router)
    mount_files(app)


def mount_files(app: FastAPI) -> None:
    """Let an app give out styles and scripts."""
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
