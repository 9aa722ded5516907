"""`foretaste chat`: ask for recommendations in plain words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from agent.chat.conversation import Conversation

# What the commands of the terminal stand for: words that the conversation understands.
COMMANDS = {
    "/why": "why number {}",
    "/like": "I liked number {}",
    "/dislike": "I disliked number {}",
    "/seen": "I have seen number {}",
    "/undo": "undo",
    "/interests": "show my interests",
    "/more": "show me more",
}
HELP = "/why N, /like N, /dislike N, /seen N: about the list; /more, /undo, /interests, /quit; all else in plain words."


def command(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="The user's id; a visitor when left out, of whom nothing is kept.")] = "",
    language: Annotated[str, typer.Option(help="What is spoken: en, or zh with an encoder that reads it.")] = "en",
    resume: Annotated[bool, typer.Option(help="Go on where the user's last conversation stood.")] = False,
    llm: Annotated[bool, typer.Option(help="Let the language model have its say.")] = True,
) -> None:
    """Ask for recommendations in plain words. Example: foretaste chat 196"""
    from rich.console import Console

    from agent.chat.conversation import Conversation
    from agent.chat.person import User, Visitor
    from agent.recommender import Recommender
    from workspace.errors import UsageError

    recommender = Recommender.open(context.obj)
    store = recommender.knowledge.store
    if user:
        store.timeline(user)  # says which ids are near, where it is unknown
    elif resume:
        raise UsageError("--resume needs USER: of a visitor nothing is kept")
    person = User(store, user) if user else Visitor(store)
    conversation = Conversation(recommender, person, language, llm)
    conversation.understanding.read("hello")  # whatever is opened at first use is open
    console = Console(highlight=False)
    if resume:
        conversation.resume()
        for who, said in conversation.state.turns:
            console.print(f"> {said}" if who == "you" else said, style="dim", markup=False)
    elif sys.stdin.isatty():
        console.print(HELP, style="dim")
    for text in _said():
        _answer(console, conversation, text)


def _said() -> Iterator[str]:
    """What is typed, line by line, until /quit or the end; commands as words."""
    if sys.stdin.isatty():
        import readline  # noqa: F401  # gives input() its history
    while True:
        try:
            text = input("> " if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            return
        name, _, rest = text.partition(" ")
        if name == "/quit":
            return
        if name == "/help" or (name.startswith("/") and name not in COMMANDS):
            typer.echo(HELP)
        else:
            yield COMMANDS[name].format(rest.strip() or "1") if name in COMMANDS else text


def _answer(console: Console, conversation: Conversation, text: str) -> None:
    """Print the parts as they come; Ctrl-C ends the answer, not the conversation."""
    from agent.chat.parts import Card, Said

    answer = conversation.turn(text)
    try:
        for part in answer:
            if isinstance(part, Said):
                console.print(part.text, markup=False)
            elif isinstance(part, Card):
                console.print(f"{part.number:3}. {part.title}", style="bold", markup=False, end="")
                console.print(f"   {part.facts}", markup=False)
            else:
                console.print(f"  {part.number}: {part.text}", style="dim", markup=False)
    except KeyboardInterrupt:
        answer.close()
        console.print("(stopped)", style="dim")
