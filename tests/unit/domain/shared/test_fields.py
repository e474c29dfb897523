"""What is read from the types of the members of a declared object."""

import pytest

from app.domain.logistics.terminal import Terminal
from app.domain.shared.fields import member, members_of, read_type


def test_a_member_is_found_by_its_name() -> None:
    assert member(Terminal, "code") in members_of(Terminal)
    with pytest.raises(LookupError, match="Terminal has no member depth"):
        member(Terminal, "depth")


def test_a_member_has_one_type() -> None:
    assert read_type(str | None).optional
    with pytest.raises(TypeError, match="one type"):
        read_type(str | int)
