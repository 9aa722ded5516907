"""Lists, and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from agent.explain import Explanation
from agent.interest_view import InterestView
from agent.results import Recommendation
from agent.search import SearchAnswer
from serving.http.bodies import ListRequest, SearchRequest, WhyRequest
from serving.http.door import guarded, needs
from serving.http.errors import documented
from serving.http.fields import Count, ItemQuery, UserId, UserQuery, Where, Words
from serving.http.served import Served
from serving.keys import Scope

router = guarded("lists", documented(404))


@router.get("/v1/recommend")
@needs(Scope.read)
async def recommend(
    service: Served, user: UserQuery, k: Count = 10, where: Where = "", llm: bool = True, rationale: bool = True
) -> Recommendation:
    """What a user will want next, with reasons."""
    return await service.recommend(user, k, where=where, llm=llm, rationale=rationale)


@router.post("/v1/recommend")
@needs(Scope.read)
async def recommend_for(service: Served, body: ListRequest) -> Recommendation:
    """The same, for a visitor with a history too."""
    return await service.recommend(body.who(), body.k, where=body.where, llm=body.llm, rationale=body.rationale)


@router.get("/v1/explain")
@needs(Scope.read)
async def explain(service: Served, user: UserQuery, item: ItemQuery, k: Count = 10, llm: bool = True) -> Explanation:
    """Why an item is in a user's list; or why not, and the smallest change that brings it up."""
    return await service.explain(user, item, k, llm=llm)


@router.post("/v1/explain")
@needs(Scope.read)
async def explain_for(service: Served, body: WhyRequest) -> Explanation:
    """The same, for a visitor with a history too."""
    return await service.explain(body.who(), body.item, body.k, llm=body.llm)


@router.get("/v1/interests/{user:path}")
@needs(Scope.read)
async def interests(service: Served, user: UserId, k: Count = 5) -> InterestView:
    """What a user is into now, what rises and fades, when it turned, and what is likely next."""
    return await service.interests(user, k)


@router.get("/v1/search")
@needs(Scope.read)
async def search(
    service: Served,
    text: Annotated[Words, Query(description="what to look for, in your own words")],
    user: Annotated[UserId | None, Query(description="whose taste has a say")] = None,
    k: Count = 10,
    weight: Annotated[float | None, Query(ge=0, le=1, description="the user's say; 0.5 when left out")] = None,
    where: Where = "",
) -> SearchAnswer:
    """Items by words, and by a user's taste."""
    return await service.search(text, user, k, weight=weight, where=where)


@router.post("/v1/search")
@needs(Scope.read)
async def search_by(service: Served, body: SearchRequest) -> SearchAnswer:
    """The same, with the text in the body."""
    return await service.search(body.text, body.user, body.k, weight=body.weight, where=body.where)
