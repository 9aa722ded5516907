"""What whoever runs a service may choose; light, so that the command line can read its defaults from here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """How long is waited, in seconds, and how much at once.

    `model_seconds` until a list or the next part of a chat, `retrieval_seconds` until a list without the language
    model, `store_seconds` until a history or a write. `waiting` requests may wait for the language model, none of
    which would wait longer than `patience` seconds; a part that failed is left alone for `rest` seconds.
    """

    model_seconds: float = 8.0
    retrieval_seconds: float = 3.0
    store_seconds: float = 3.0
    waiting: int = 16
    patience: float = 2.0
    rest: float = 10.0
