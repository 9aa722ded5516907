"""Which file names mean which format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from history.reading import movielens


@dataclass(frozen=True, slots=True)
class Format:
    """How the rows of a file are written."""

    kind: Literal["delimited", "jsonl", "parquet"] = "delimited"
    delimiter: str = ","
    quoted: bool = True
    """Whether a cell may stand in double quotes; otherwise these are letters like others."""
    columns: tuple[str, ...] = ()
    """The columns of a file that has no header."""
    typed_header: bool = False
    """RecBole: each column name is followed by a colon and a type."""
    year_in_title: bool = False
    encoding: str = "utf-8-sig"
    tidy: Callable[[dict[str, str]], dict[str, str]] | None = None


RECBOLE = Format(delimiter="\t", quoted=False, typed_header=True)
FORMATS = {
    "u.data": Format(delimiter="\t", quoted=False, columns=movielens.RATING_COLUMNS, encoding="latin-1"),
    "u.item": Format(
        delimiter="|",
        quoted=False,
        columns=movielens.U_ITEM_COLUMNS,
        year_in_title=True,
        encoding="latin-1",
        tidy=movielens.tidy_u_item,
    ),
    "ratings.dat": Format(delimiter="::", columns=movielens.RATING_COLUMNS, encoding="latin-1"),
    "movies.dat": Format(delimiter="::", columns=movielens.MOVIE_COLUMNS, year_in_title=True, encoding="latin-1"),
    "*.inter": RECBOLE,
    "*.item": RECBOLE,
    "*.kg": RECBOLE,
    "*.link": RECBOLE,
    "*.csv": Format(),
    "*.tsv": Format(delimiter="\t"),
    "*.jsonl": Format(kind="jsonl"),
    "*.ndjson": Format(kind="jsonl"),
    "*.parquet": Format(kind="parquet"),
}


def format_of(name: str) -> Format | None:
    """The format of a file called `name` (lower case, without `.gz`); None when the name tells none."""
    return next((form for pattern, form in FORMATS.items() if fnmatchcase(name, pattern)), None)
