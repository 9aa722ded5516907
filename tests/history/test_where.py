"""The filter language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.catalogue import Catalogue
from history.records import Item
from history.where import compile_where
from workspace.errors import FilterError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("year>=1990", "11 13"),
        ("year > 1995", "11"),
        ("year=1979", "10"),
        ("year<1990 or year>2000", "10 11"),
        ("year!=1979", "11 12 13"),
        ("not year=1979", "11 12 13"),
        ("category=drama", "12 13"),
        ("category=Drama and year>=1990", "13"),
        ("category=Drama AND NOT category=Crime", "12"),
        ("category=Drama and (year=1995 or available=false)", "12 13"),
        ("category=comedy or category=drama and year=1995", "11 13"),
        ("category!=Drama", "10 11"),
        ("category~sci", "10"),
        ("title~'hour'", "12"),
        ('title="Children\'s Hour"', "12"),
        ("title=amélie", "11"),
        ("description~space", "10"),
        ("item_id=13", "13"),
        ("available=false", "12"),
        ("image!=x", "10 11 12 13"),
        ("price=9.9", "10"),
        ("price<12", "10"),
        ("price>=1", "10 13"),
        ("price!=12", "10 11 12"),
        ("tags=whimsical", "11"),
        ("Brand=fox", "10"),
        ("brand<g", "10"),
        ("'title'>='B' and title<i", "12 13"),
        ("category=Children's", ""),
        ('title="and"', ""),
    ],
)
def test_where(text: str, expected: str, catalogue: Catalogue) -> None:
    test = compile_where(text, catalogue)
    assert [item.item_id for item in catalogue.values() if test(item)] == expected.split()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "character 1, at the end: expected a field"),
        ("year", "character 5, at the end: expected one of = != < <= > >= ~"),
        ("year 1990", "character 6, at 1990: expected one of"),
        ("year>=", "character 7, at the end: expected a value"),
        ("year>=abc", "character 7, at abc: a year is compared with a number"),
        ("available=maybe", "character 11, at maybe: available is true or false"),
        ("yaer>=1990", "character 1, at yaer: no field is called so; nearest: year"),
        ("pirce=1", "nearest: price"),
        ("title=a b", "character 9, at b: expected 'and' or 'or' (a value of several words needs quotes)"),
        ("title=a and", "character 12, at the end: expected a field"),
        ("and", "character 1, at and: expected a field"),
        ("(title=a", "character 9, at the end: expected ')', 'and' or 'or'"),
        ("title=a)", "character 8, at ): expected 'and' or 'or'"),
        ("title='a", "character 7, at ': expected a value"),
        ("title==a", "character 7, at =: expected a value"),
        ("title ! a", "character 7, at !: expected one of"),
        ("(" * 5000, "more than 40 levels of 'not' and parentheses"),
        ("not " * 5000, "more than 40 levels of 'not' and parentheses"),
    ],
)
def test_errors_name_the_place(text: str, message: str, catalogue: Catalogue) -> None:
    with pytest.raises(FilterError) as caught:
        compile_where(text, catalogue)
    assert message in str(caught.value)


words = st.sampled_from(
    [
        "year",
        "title",
        "category",
        "price",
        "and",
        "or",
        "not",
        "(",
        ")",
        "=",
        "!=",
        "<",
        ">=",
        "~",
        "1990",
        "'a b'",
        "x",
    ]
)


@given(st.text() | st.lists(words, max_size=12).map(" ".join))
def test_any_text_is_a_test_or_a_filter_error(text: str) -> None:
    items = Catalogue([Item("1", "A", year=1990, facets={"price": "nan"}), Item("2", "B")])
    try:
        test = compile_where(text, items)
    except FilterError:
        return
    assert all(test(item) in (True, False) for item in items.values())
