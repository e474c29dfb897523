from app.application.shared.permissions import (
    PERMISSIONS,
    PUBLIC,
    RESOURCES,
    ROLES,
    permissions_of,
)
from app.domain.identity.members.membership import OWNER


def test_each_resource_is_read_and_written() -> None:
    assert len(PERMISSIONS) == 2 * len(RESOURCES)
    assert "journal_entries:write" in PERMISSIONS


def test_the_owner_may_do_everything_and_nobody_more() -> None:
    assert ROLES[OWNER] == PERMISSIONS
    assert all(held <= PERMISSIONS for held in ROLES.values())
    assert PUBLIC not in PERMISSIONS


def test_who_writes_also_reads_and_everybody_may_sign_out() -> None:
    for held in ROLES.values():
        written = {each.removesuffix(":write") for each in held if each.endswith(":write")}
        assert {f"{resource}:read" for resource in written} <= held
        assert {"profile:read", "profile:write"} <= held


def test_a_viewer_changes_nothing_and_only_the_owner_runs_the_company() -> None:
    assert [each for each in ROLES["viewer"] if each.endswith(":write")] == ["profile:write"]
    for permission in ("tenants:write", "system:read", "system:write"):
        assert [role for role, held in ROLES.items() if permission in held] == [OWNER]
    assert {role for role, held in ROLES.items() if "periods:write" in held} == {
        OWNER,
        "accountant",
    }


def test_an_unknown_role_may_do_nothing() -> None:
    assert permissions_of("admin") == frozenset()
    assert permissions_of("cashier") == ROLES["cashier"]
