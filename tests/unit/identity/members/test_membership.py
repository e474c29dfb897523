"""Who may change which member: nobody grants more than they hold, and one owner stays."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.application.shared.permissions import built_in_roles, permissions_of
from app.domain.identity.members.errors import BeyondOwnPermissions, LastOwner
from app.domain.identity.members.membership import OWNER, Membership, check_change
from app.domain.shared.errors import DomainError
from app.domain.shared.ids import Id

TENANT = Id(bytes(16))
ROLE = st.sampled_from(sorted(built_in_roles()))


def member(number: int, role: str, *, active: bool = True) -> Membership:
    return Membership(TENANT, Id(bytes(15) + bytes([number])), role, active=active, version=1)


def check(caller: str, before: Membership, after: Membership, *owners: Membership) -> None:
    check_change(
        before,
        after,
        held=permissions_of(caller),
        granted=[permissions_of(before.role), permissions_of(after.role)],
        owners=owners,
    )


@given(
    roles=st.lists(ROLE, min_size=1, max_size=4),
    changes=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), ROLE, st.booleans())),
)
def test_a_company_with_an_owner_keeps_one(
    roles: list[str], changes: list[tuple[int, int, str, bool]]
) -> None:
    people = [member(0, OWNER), *(member(number, role) for number, role in enumerate(roles, 1))]
    for caller_at, at, role, active in changes:
        caller, before = people[caller_at % len(people)], people[at % len(people)]
        after = replace(before, role=role, active=active)
        held = permissions_of(caller.role) if caller.active else frozenset()
        try:
            check_change(
                before,
                after,
                held=held,
                granted=[permissions_of(before.role), permissions_of(role)],
                owners=[each for each in people if each.owns],
            )
        except DomainError:
            continue
        assert permissions_of(role) <= held
        people[at % len(people)] = after
    assert [each for each in people if each.owns]


def test_the_last_owner_is_neither_demoted_nor_switched_off() -> None:
    owner, second = member(1, OWNER), member(2, OWNER)
    for after in (replace(owner, role="viewer"), replace(owner, active=False)):
        with pytest.raises(LastOwner):
            check(OWNER, owner, after, owner)
        check(OWNER, owner, after, owner, second)
    check(OWNER, owner, owner, owner)


def test_a_manager_touches_nobody_who_may_do_more() -> None:
    for before, after in (("cashier", "accountant"), ("owner", "cashier"), ("viewer", "owner")):
        with pytest.raises(BeyondOwnPermissions):
            check("manager", member(1, before), member(1, after), member(2, OWNER))
    check("manager", member(1, "cashier"), member(1, "buyer"), member(2, OWNER))
