"""The recommender agent: `from agent import Recommender`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.recommender import Recommender as Recommender

__all__ = ["Recommender"]


def __getattr__(name: str) -> Any:
    # Lazy, so that importing one light module of this package does not import FAISS.
    if name == "Recommender":
        from agent.recommender import Recommender

        return Recommender
    raise AttributeError(f"module 'agent' has no attribute {name!r}")
