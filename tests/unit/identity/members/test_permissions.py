from app.application.shared.permissions import (
    PUBLIC,
    built_in_roles,
    every_permission,
    permissions_of,
)
from app.domain.identity.members.membership import OWNER


def test_each_resource_is_read_and_written() -> None:
    names = {each.partition(":")[0] for each in every_permission()}
    assert every_permission() == {f"{n}:{access}" for n in names for access in ("read", "write")}
    assert "journal_entries:write" in every_permission()


def test_the_owner_may_do_everything_and_nobody_more() -> None:
    assert built_in_roles()[OWNER] == every_permission()
    assert all(held <= every_permission() for held in built_in_roles().values())
    assert PUBLIC not in every_permission()


def test_who_writes_also_reads_and_everybody_may_sign_out() -> None:
    for held in built_in_roles().values():
        written = {each.removesuffix(":write") for each in held if each.endswith(":write")}
        assert {f"{resource}:read" for resource in written} <= held
        assert {"profile:read", "profile:write"} <= held


def test_a_viewer_changes_nothing_and_only_the_owner_runs_the_company() -> None:
    assert [each for each in built_in_roles()["viewer"] if each.endswith(":write")] == [
        "profile:write"
    ]
    for permission in ("companies:write", "system:read", "system:write"):
        assert [role for role, held in built_in_roles().items() if permission in held] == [OWNER]
    assert {role for role, held in built_in_roles().items() if "periods:write" in held} == {
        OWNER,
        "accountant",
    }


def test_an_unknown_role_may_do_nothing() -> None:
    assert permissions_of("admin") == frozenset()
    assert permissions_of("cashier") == built_in_roles()["cashier"]
