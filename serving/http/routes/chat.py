"""The conversation, in the shape that clients of OpenAI's interface speak."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Literal

from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from agent.chat.parts import plain
from serving.http.door import guarded, needs
from serving.http.errors import Refused, documented
from serving.http.fields import Body, UserId, Written
from serving.http.served import Served
from serving.keys import Scope
from serving.service.chats import Turn

MODELS = {"foretaste": True, "foretaste-retrieval": False}  # whether the language model has a say
BEGAN = 1_767_225_600  # when they came to be, as the interface wants to know
router = guarded("protocols of others")


class TextPart(Body):
    """A piece of a message."""

    type: Literal["text"]
    text: Written


class Message(Body):
    """One message; of what was said before the stored conversation knows more, so that only the last one counts."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Written | list[TextPart] | None = None

    def text(self) -> str:
        """What was said."""
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content or ())


class ChatRequest(Body):
    """A turn; fields of the interface that say how a model draws its words are taken, and mean nothing here."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field("foretaste", max_length=200)
    messages: list[Message] = Field(
        min_length=1, max_length=500, examples=[[{"role": "user", "content": "a comedy from the nineties"}]]
    )
    user: UserId | None = Field(None, description="whose stored conversation goes on; a visitor's when left out")
    stream: bool = False

    def turn(self) -> str:
        """What the user said last."""
        return next((one.text() for one in reversed(self.messages) if one.role == "user"), "")


class Answer(BaseModel):
    """What is answered."""

    role: Literal["assistant"] = "assistant"
    content: str


class Choice(BaseModel):
    """The one answer that there is."""

    index: int = 0
    message: Answer
    finish_reason: Literal["stop"] = "stop"


class Completion(BaseModel):
    """An answer; degraded where the language model had no say."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    degraded: bool
    choices: list[Choice]


class Model(BaseModel):
    """A way to be answered."""

    id: str
    object: Literal["model"] = "model"
    created: int = BEGAN
    owned_by: str = "foretaste"


class Models(BaseModel):
    """All of them."""

    object: Literal["list"] = "list"
    data: list[Model]


class Delta(BaseModel):
    """What is new in a piece of a streamed answer."""

    role: Literal["assistant"] | None = None
    content: str | None = None


class ChunkChoice(BaseModel):
    """The one answer, piece by piece."""

    index: int = 0
    delta: Delta
    finish_reason: Literal["stop"] | None = None


class Chunk(BaseModel):
    """A piece of a streamed answer; the last one says whether it was degraded."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    degraded: bool | None = None
    choices: list[ChunkChoice]


@router.get("/v1/models")
@needs(Scope.read)
async def models() -> Models:
    """The ways to be answered: with the language model, and without."""
    return Models(data=[Model(id=name) for name in MODELS])


@router.post(
    "/v1/chat/completions",
    response_model=Completion,
    responses={**documented(404), 200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
@needs(Scope.write)
async def chat(service: Served, body: ChatRequest) -> Completion | StreamingResponse:
    """Answer what the user said last; likes, dislikes and wishes in it count at once."""
    if body.model not in MODELS:
        raise Refused(404, "model_not_found", f"no model {body.model!r}; one of: {', '.join(MODELS)}")
    turn = service.chat(body.user, body.turn(), llm=MODELS[body.model])
    lines = _lines(turn)
    name, created = f"chatcmpl-{uuid.uuid4().hex}", int(time.time())
    if body.stream:
        first = await anext(lines, "")  # what goes wrong before the first word is an error, not a broken stream
        return StreamingResponse(_events(turn, first, lines, name, created, body.model), media_type="text/event-stream")
    content = "".join([line async for line in lines]).rstrip("\n")
    choice = Choice(message=Answer(content=content))
    return Completion(id=name, created=created, model=body.model, degraded=turn.degraded, choices=[choice])


async def _lines(turn: Turn) -> AsyncIterator[str]:
    async with aclosing(turn.parts()) as parts:
        async for part in parts:
            yield f"{plain(part)}\n"


async def _events(
    turn: Turn, first: str, lines: AsyncIterator[str], name: str, created: int, model: str
) -> AsyncIterator[str]:
    def event(delta: Delta, end: bool = False) -> str:
        choice = ChunkChoice(delta=delta, finish_reason="stop" if end else None)
        degraded = turn.degraded if end else None
        chunk = Chunk(id=name, created=created, model=model, degraded=degraded, choices=[choice])
        return f"data: {chunk.model_dump_json(exclude_none=True)}\n\n"

    yield event(Delta(role="assistant", content=first))
    async for line in lines:
        yield event(Delta(content=line))
    yield event(Delta(), end=True)
    yield "data: [DONE]\n\n"
