"""What is read from the types of the members of a declared object."""

import pytest

from app.domain.logistics.terminal import Terminal
from app.domain.shared.fields import member, members_of


def test_a_member_is_found_by_its_name() -> None:
    assert member(Terminal, "code") in members_of(Terminal)
    with pytest.raises(LookupError, match="Terminal has no member depth"):
        member(Terminal, "depth")
