"""Reranking, in the shape that Jina, Cohere and search stacks speak."""

from __future__ import annotations

import uuid

from pydantic import BaseModel

from serving.http.bodies import RerankRequest
from serving.http.door import guarded, needs
from serving.http.errors import documented
from serving.http.served import Served
from serving.keys import Scope

router = guarded("protocols of others", documented(404))


class Text(BaseModel):
    """A document, given back."""

    text: str


class Ranked(BaseModel):
    """A document by its place in the request, and how well it answers the query, from 0 to 1."""

    index: int
    relevance_score: float
    document: Text | None = None


class Reranked(BaseModel):
    """The documents, best first; degraded where the model that should have read them did not."""

    id: str
    model: str = "foretaste"
    degraded: bool
    results: list[Ranked]


@router.post("/v1/rerank", response_model_exclude_none=True)
@needs(Scope.read)
async def rerank(service: Served, body: RerankRequest) -> Reranked:
    """Order documents by how well they answer a query, and by the taste of a user, if one is named."""
    texts = body.texts()
    found, degraded = await service.rerank(body.query, texts, body.user)
    results = [
        Ranked(
            index=one.index,
            relevance_score=one.relevance_score,
            document=Text(text=texts[one.index]) if body.return_documents else None,
        )
        for one in found[: body.top_n]
    ]
    return Reranked(id=uuid.uuid4().hex, degraded=degraded, results=results)
