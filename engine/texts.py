"""A text that is being written: its tokens, a draft of its next ones, and what of it is certain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.layout import Layout, Slot, lay_out
from engine.lines import Lines
from engine.protocol import WriteLimits
from engine.tokens import Tokens

DRAFT = 4  # tokens of a draft
LOOKED_UP = (3, 2)  # last tokens that must have stood together before, the longer first
# A token may hold half a character; the rest comes with the next one.
UNFINISHED = "�"


def drafted(ids: Sequence[int], count: int) -> list[int]:
    """The up to `count` tokens that followed when a text's last tokens stood in it before; none if they never did."""
    for size in LOOKED_UP:
        last = ids[-size:]
        for start in range(len(ids) - size - 1, -1, -1):
            if ids[start : start + size] == last:
                return list(ids[start + size : start + size + count])
    return []


def before_stop(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """The text before the first of `stops` in it, and whether there is one."""
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    return (text[: min(places)], True) if places else (text, False)


def certain(text: str, stops: Sequence[str]) -> str:
    """The beginning of a text that no further token can change: no half character, nothing that may become a stop."""
    text = text.rstrip(UNFINISHED)
    held = (size for stop in stops for size in range(1, len(stop)) if text.endswith(stop[:size]))
    return text[: len(text) - max(held, default=0)]


@dataclass
class Text:
    """One text: its tokens, the first `begun` of them the stem's, and the cache columns of those that were read."""

    place: int
    ids: list[int]
    begun: int
    columns: list[int]
    draft: list[int] = field(default_factory=list)
    shown: str = ""
    ended: bool = False

    @property
    def unread(self) -> int:
        """How many of its tokens were not read."""
        return len(self.ids) - len(self.columns)

    @property
    def written(self) -> list[int]:
        """The tokens past the stem."""
        return self.ids[self.begun :]

    def layout(self, limit: int, alone: bool, lines: Lines | None = None) -> Layout:
        """The text and a new draft behind it, as one run.

        A text that is `alone` in its pass drafts at least one token, if only a wrong one: a product of a single row
        would be summed in another order than one of many, and so what it says would depend on its neighbours.
        """
        most = min(DRAFT, limit - len(self.written) - 1)
        self.draft = lines.forced(self.written, most) if lines else drafted(self.ids, most)
        if alone and not self.draft:
            self.draft = self.ids[-1:]
        return lay_out([Slot((*self.ids, *self.draft), -1, 0)])

    def accept(self, own: Sequence[int], first_column: int) -> list[int]:
        """The tokens that a pass settled: of `own`, the model's at each place, those that only right ones precede."""
        right = 0
        while right < len(self.draft) and self.draft[right] == own[right]:
            right += 1
        self.columns += range(first_column, first_column + self.unread + right)
        return list(own[: right + 1])

    def take(
        self, settled: Sequence[int], ends: set[int], limits: WriteLimits, tokens: Tokens, lines: Lines | None = None
    ) -> str:
        """Add tokens one by one, until the text ends; the piece of text that became certain."""
        text = self.shown
        for token in settled:
            self.ended = token in ends
            if not self.ended:
                self.ids.append(token)
            text, stopped = before_stop(tokens.decode(self.written), limits.stop)
            self.ended |= stopped or len(self.written) >= limits.tokens
            self.ended |= lines is not None and not len(lines.following(self.written))
            if self.ended:
                break
        text = text.rstrip(UNFINISHED) if self.ended else certain(text, limits.stop)
        piece, self.shown = text[len(self.shown) :], text
        return piece
