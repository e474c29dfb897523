"""The checks of JSON bodies against slow, obvious ways to get the same answer (IN-01)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.body import depth_exceeds, parse_json
from app.api.errors import DuplicateMember
from app.domain.shared.texts import hidden_character

texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf"]), max_size=6).filter(
    lambda text: hidden_character(text) is None
)
tricky = st.sampled_from(['"', "\\", "[", "]", "{", "}", ":", '\\"', "\\\\", '"]', "[{", "a:b"])
strings = st.one_of(texts, tricky, st.lists(tricky, max_size=4).map("".join))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**60), 2**60), strings),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(strings, inner, max_size=4)
    ),
    max_leaves=25,
)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return 1 + max((depth(item) for item in value), default=0)
    return 0


@given(values, st.booleans())
def test_what_a_json_library_writes_is_read_back(value: Any, ascii_only: bool) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(values, st.integers(0, 6), st.booleans())
def test_the_depth_is_the_depth_of_the_value(value: Any, limit: int, ascii_only: bool) -> None:
    plain = json.dumps(value, ensure_ascii=ascii_only).encode().replace(b"\\\\", b"")
    assert depth_exceeds(plain, limit) is (depth(value) > limit)


@given(st.lists(st.tuples(strings, values), min_size=1, max_size=5), st.booleans())
def test_duplicates_are_found_and_only_they(pairs: list[tuple[str, Any]], ascii_only: bool) -> None:
    """Written by hand, because no library writes a member twice."""
    members = ",".join(
        f"{json.dumps(name, ensure_ascii=ascii_only)}:{json.dumps(value, ensure_ascii=ascii_only)}"
        for name, value in pairs
    )
    body = f"[{{{members}}}]".encode()
    if len({name for name, _ in pairs}) < len(pairs):
        with pytest.raises(DuplicateMember):
            parse_json(body)
    else:
        assert parse_json(body) == [dict(pairs)]
