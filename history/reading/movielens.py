"""What is particular to MovieLens: files without a header, genre flags, the year at the end of a title."""

from __future__ import annotations

import re
from collections.abc import Iterable

GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
RATING_COLUMNS = ("user_id", "item_id", "rating", "timestamp")
MOVIE_COLUMNS = ("item_id", "title", "category")
U_ITEM_COLUMNS = ("item_id", "title", "release_date", "video_release_date", "imdb_url", *GENRES)
NO_CATEGORY = "(no genres listed)"

TITLE_AND_YEAR = re.compile(r"(?P<title>.*\S)\s*\((?P<year>\d{4})\)", re.DOTALL)


def has_movielens_titles(columns: Iterable[str]) -> bool:
    """Whether the columns are called as MovieLens, or RecBole's copy of it, calls them."""
    return not {"movieId", "movie_title"}.isdisjoint(columns)


def split_year(title: str) -> tuple[str, str]:
    """The title without its year, and the year: "Toy Story (1995)" is ("Toy Story", "1995")."""
    match = TITLE_AND_YEAR.fullmatch(title)
    return (match["title"], match["year"]) if match else (title, "")


def tidy_u_item(row: dict[str, str]) -> dict[str, str]:
    """A row of `u.item` with its genre flags as one category cell, without dates and links."""
    genres = "|".join(genre for genre in GENRES[1:] if row[genre].strip() == "1")
    return {"item_id": row["item_id"], "title": row["title"], "category": genres}
