"""The log: one JSON object a line, with the request's id, and nothing that a person wrote or is called."""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from traceback import extract_tb

request_id: ContextVar[str] = ContextVar("request_id", default="")


class JsonLines(logging.Formatter):
    """A record as JSON. Of an error it tells type and place; with `whole` all, which may be personal."""

    def __init__(self, whole: bool = False) -> None:
        super().__init__()
        self._whole = whole

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told = {"time": moment, "level": record.levelname.lower(), "logger": record.name}
        told |= {"message": record.getMessage(), **getattr(record, "told", {})}
        if found := request_id.get():
            told["request_id"] = found
        if record.exc_info and (error := record.exc_info[1]):
            frames = extract_tb(error.__traceback__)
            place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
            told |= {"error": type(error).__name__, "at": place}
            if self._whole:
                told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def log_as_json(level: str) -> None:
    """Write the log to the standard error stream, from a level such as "info" on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(whole=level == "debug"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("agent", "serving", "history", "uvicorn"):
        logging.getLogger(name).setLevel(level.upper())
