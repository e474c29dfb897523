"""Nobody ends with more than who granted it held, whatever is done in whatever order (RB-03)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.application.identity.directory.kinds import COMPANY_ROLES, MEMBERSHIPS, USERS
from app.application.identity.members.invitations import INVITE, JOIN, Invite, Join
from app.application.identity.members.members import DEACTIVATE_MEMBER, EDIT_MEMBER
from app.application.identity.members.roles import (
    ACTIVATE_ROLE,
    CREATE_ROLE,
    DEACTIVATE_ROLE,
    EDIT_ROLE,
)
from app.application.shared.access import Principal
from app.application.shared.commands import Call, Command
from app.application.shared.masters import Create, Edit
from app.application.shared.permissions import ALWAYS, built_in_roles, every_permission
from app.domain.identity.members.errors import BeyondOwnPermissions
from app.domain.identity.members.membership import OWNER, Membership
from app.domain.identity.members.role import Role, RoleBuiltIn
from app.domain.identity.sign_in.user import User
from app.domain.shared.errors import DomainError
from app.domain.shared.ids import Id
from tests.support.memory import Memory

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
SOME = ("sales:read", "sales:write", "stock:read", "members:write", "roles:write", "costs:read")
SETS = st.frozensets(st.sampled_from(SOME))
CODES = ("one", "two", "three", OWNER, "manager", "cashier", "warehouse")
PEOPLE = 4
OF_ROLES = {"change": EDIT_ROLE, "on": ACTIVATE_ROLE, "off": DEACTIVATE_ROLE}
OF_MEMBERS = {"give": EDIT_MEMBER, "stop": DEACTIVATE_MEMBER}


@dataclass
class Act:
    """A grant to try; with ``whole`` the token carries all permissions of the role."""

    what: str
    who: int
    whom: int = 0
    code: str = "three"
    wanted: frozenset[str] = frozenset()
    whole: bool = True


ACTS = st.builds(
    Act,
    st.sampled_from(["make", "hire", *OF_ROLES, *OF_MEMBERS]),
    st.integers(0, PEOPLE - 1),
    st.integers(0, PEOPLE - 1),
    st.sampled_from(CODES),
    SETS,
    st.booleans(),
)


@dataclass
class Office:
    """A company in memory: its owner, some members, and what each may do now."""

    memory: Memory

    @classmethod
    def opened(cls, sets: list[frozenset[str]]) -> "Office":
        """An owner, and a member with a role of the company's own for each set."""
        memory = Memory()
        office = cls(memory)
        tenant = memory.principal.tenant_id
        roles = [
            Role.new(tenant, memory.new_id(), code, code, {*held, *ALWAYS})
            for code, held in zip(CODES, sets, strict=False)
        ]
        memory.put(COMPANY_ROLES, *roles)
        for number, code in enumerate([OWNER, *(role.code for role in roles)]):
            memory.put(MEMBERSHIPS, Membership(tenant, person(number), code, True, 1))
            memory.put(USERS, User.new(person(number), f"p{number}@x.example", None, NOW))
        return office

    @property
    def roles(self) -> dict[str, frozenset[str]]:
        """What every role holds."""
        own = {role.code: role.held for role in self.memory.all(COMPANY_ROLES)}
        return {**built_in_roles(), **own}

    def held(self) -> dict[Id, frozenset[str]]:
        """What everybody may do."""
        roles = self.roles
        return {
            each.user_id: roles[each.role] if each.active else frozenset()
            for each in self.memory.all(MEMBERSHIPS)
        }

    def run(self, who: int, command: Command[Any], input_: Any, **more: Any) -> Any:
        """Carry out a command for somebody whose token is of a moment ago; the refusal, if any."""
        tenant = self.memory.principal.tenant_id
        principal = Principal(tenant, person(who), **{"permissions": every_permission(), **more})
        [outcome] = self.memory.run_calls([Call(command, input_, principal)])
        return outcome

    def own(self, code: str) -> Role | None:
        found = [role for role in self.memory.all(COMPANY_ROLES) if role.code == code]
        return found[0] if found else None

    def act(self, act: Act, **more: Any) -> Any:
        """Try something, as it would come over HTTP: the answer, or the refusal."""
        role = self.own(act.code)
        if act.what == "make":
            members = {"code": act.code, "name": act.code, "permissions": sorted(act.wanted)}
            return self.run(act.who, CREATE_ROLE, Create(None, members), **more)
        if act.what == "hire":
            return self.hire(act.who, act.code, **more)
        if act.what in OF_ROLES:
            if role is None:
                return RoleBuiltIn()
            changes: dict[str, Any] = {"permissions": sorted(act.wanted)}
            if act.what != "change":
                changes = {"active": act.what == "on"}
            edit = Edit(role.id, role.version, changes)
            return self.run(act.who, OF_ROLES[act.what], edit, **more)
        member = self.memory.kept[MEMBERSHIPS][self.memory.principal.tenant_id, person(act.whom)]
        changes = {"role": act.code} if act.what == "give" else {"active": False}
        edit = Edit(member.user_id, member.version, changes)
        return self.run(act.who, OF_MEMBERS[act.what], edit, **more)

    def hire(self, who: int, code: str, **more: Any) -> Any:
        """Invite somebody new, who joins at once."""
        number = 100 + len(self.memory.all(USERS))
        token = bytes([number]) * 32
        wanted = Invite(f"p{number}@x.example", code, token)
        refusal = self.run(who, INVITE, wanted, **more)
        if isinstance(refusal, DomainError):
            return refusal
        joined = self.run(number, JOIN, Join(token, "a hash", None), permissions=frozenset())
        return "joined" if joined is None else joined


def person(number: int) -> Id:
    return Id(bytes(15) + bytes([number]))


@settings(max_examples=200, deadline=None)
@given(sets=st.lists(SETS, min_size=3, max_size=3), steps=st.lists(ACTS, max_size=12))
def test_grants_are_monotone(sets: list[frozenset[str]], steps: list[Act]) -> None:
    office = Office.opened(sets)
    for act in steps:
        people, roles = office.held(), office.roles
        # The token of an API key carries less than its maker holds.
        carried = every_permission() if act.whole else act.wanted | ALWAYS
        power = people[person(act.who)] & carried
        refused = isinstance(office.act(act, permissions=carried), DomainError)
        given_now = differing(people, office.held()) + differing(roles, office.roles)
        assert not (refused and given_now)
        assert all(held <= power for held in given_now)
        assert any(each.active and each.role == OWNER for each in office.memory.all(MEMBERSHIPS))


def differing(before: dict[Any, Any], after: dict[Any, Any]) -> list[frozenset[str]]:
    """The sets, before and after, of all whose set is another one now."""
    nothing: frozenset[str] = frozenset()
    changed = [each for each in after if after[each] != before.get(each, nothing)]
    return [side.get(each, nothing) for each in changed for side in (before, after)]


def test_an_act_of_somebody_who_was_switched_off_changes_nothing() -> None:
    """The token may be valid for five more seconds; permissions are read at the change."""
    office = Office.opened([frozenset(SOME), frozenset(), frozenset()])
    stopped = office.memory.kept[MEMBERSHIPS][office.memory.principal.tenant_id, person(1)]
    office.memory.put(MEMBERSHIPS, replace(stopped, active=False))
    for what in ("make", "change", "give", "hire"):
        act = Act(what, 1, 2, "three" if what != "make" else "new")
        assert isinstance(office.act(act), BeyondOwnPermissions), what


@pytest.mark.parametrize("code", ["one", "cashier"])
def test_a_key_that_carries_less_grants_no_more_than_it_carries(code: str) -> None:
    office = Office.opened([frozenset(SOME), frozenset(), frozenset()])
    narrow = ALWAYS | {"members:write"}
    refusal = office.act(Act("give", 0, 3, code), permissions=narrow)
    assert isinstance(refusal, BeyondOwnPermissions)
