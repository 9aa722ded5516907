"""The kinds of values in requests, with their limits: nothing longer is looked at."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]+$"  # what an import takes for an id, too

UserId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE), Field(examples=["196"])]
ItemId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE), Field(examples=["242"])]
RecommendationId = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{32}$"), Field(examples=["0f8fad5bd9cb469fa16570867728950e"])
]
Count = Annotated[int, Field(ge=1, le=100, description="how many items")]
Where = Annotated[
    str, StringConstraints(max_length=500), Field(description="a filter", examples=["year>=1990 and category=Drama"])
]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2_000), Field(examples=["slow-burning crime films"])]
Title = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Written = Annotated[str, StringConstraints(max_length=4_000)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=100)]

UserQuery = Annotated[UserId, Query(description="the user's id", examples=["196"])]
ItemQuery = Annotated[ItemId, Query(description="the item's id", examples=["242"])]


class Body(BaseModel):
    """A request's body: no field that is not known, no type but the right one, no number that is none."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
