"""The bodies of requests."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from agent.chat.person import VISITOR
from history.records import Event, Item
from history.timeline import Timeline
from serving.http.fields import Body, Count, ItemId, RecommendationId, Short, Title, UserId, Where, Words, Written

FIRST, LAST = -62_135_596_800, 253_402_300_799  # the years 1 and 9999
TEXTS = 20_000  # characters of all that a visitor wrote
Moment = float | Annotated[str, Field(max_length=40)]


class PastEvent(Body):
    """Something that a visitor did."""

    item_id: ItemId | None = Field(None, description="left out for a search")
    type: Short = Field("view", examples=["like"])
    timestamp: float = Field(
        0.0, ge=FIRST, le=LAST, description="Unix seconds, or a place in the order; equal ones stay in their order"
    )
    value: float | None = Field(None, ge=0, description="of a rating")
    text: Written = Field("", description="what they wrote")


class NewEvent(Body):
    """Something that a user did; the same user, item, moment, type and text are the same event."""

    user_id: UserId
    item_id: ItemId | None = Field(None, description="left out for a search")
    type: Short = Field("view", examples=["like"])
    timestamp: Moment | None = Field(None, description="Unix seconds or ISO 8601; now when left out")
    value: float | None = Field(None, ge=0, description="of a rating")
    text: Written = Field("", description="what they wrote")
    recommendation_id: RecommendationId | None = Field(None, description="the list that led to it")


NewEvents = NewEvent | Annotated[list[NewEvent], Field(min_length=1, max_length=1_000)]


class WhoAsks(Body):
    """A user of the store, or a visitor with a history."""

    user: UserId | None = None
    history: list[PastEvent] | None = Field(None, max_length=2_000, description="of a visitor; oldest first")

    @model_validator(mode="after")
    def _one_of_both(self) -> WhoAsks:
        if (self.user is None) == (self.history is None):
            raise ValueError("name a user, or give the history of a visitor, an empty one too (not both)")
        written = sum(len(one.text) for one in self.history or ())
        if written > TEXTS:
            raise ValueError(f"the texts of the history have {written:,} characters; give the latest {TEXTS:,}")
        return self

    def who(self) -> str | Timeline:
        """The id, or the timeline."""
        if self.user is not None:
            return self.user
        past = [
            Event(VISITOR, one.item_id or "", one.timestamp, one.type, one.value, one.text)
            for one in self.history or ()
        ]
        return Timeline.of(VISITOR, sorted(past, key=lambda event: event.timestamp))


class ListRequest(WhoAsks):
    """Whom to recommend how much."""

    k: Count = 10
    where: Where = ""
    llm: bool = Field(True, description="let the language model rerank and phrase")
    rationale: bool = Field(True, description="say why")


class WhyRequest(WhoAsks):
    """Which item is to be explained to whom."""

    item: ItemId
    k: Count = Field(10, description="how long the list is")
    llm: bool = True


class SearchRequest(Body):
    """What to look for, and whose taste has a say."""

    text: Words
    user: UserId | None = None
    k: Count = 10
    weight: float | None = Field(None, ge=0, le=1, description="the user's say; 0.5 when left out")
    where: Where = ""


class NewItem(Body):
    """Something that can be recommended."""

    item_id: ItemId
    title: Title = Field(examples=["Alien"])
    description: Written = ""
    categories: list[Short] = Field([], max_length=50, examples=[["Horror", "Sci-Fi"]])
    year: int | None = Field(None, ge=-9_999, le=9_999, examples=[1979])
    image: Annotated[str, Field(max_length=2_000)] = ""
    available: bool = True
    facets: dict[Short, Written] = Field({}, max_length=50, examples=[{"director": "Ridley Scott"}])

    def item(self) -> Item:
        """The same as a record."""
        return Item(**{**self.model_dump(), "categories": tuple(self.categories)})


NewItems = NewItem | Annotated[list[NewItem], Field(min_length=1, max_length=1_000)]


class Document(Body):
    """A document of more than its text."""

    text: Written


class RerankRequest(Body):
    """Documents, and the query that they are to answer."""

    query: Words
    documents: list[Written | Document] = Field(min_length=1, max_length=1_000)
    top_n: int | None = Field(None, ge=1, description="all when left out")
    return_documents: bool = False
    user: UserId | None = Field(None, description="whose taste has a say")
    model: Written = Field("foretaste", description="there is only one")

    def texts(self) -> list[str]:
        """The documents' texts."""
        return [one if isinstance(one, str) else one.text for one in self.documents]
