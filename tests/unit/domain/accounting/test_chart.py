"""The chart of accounts: roles, control accounts, the template of a new company."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from app.domain.accounting.chart import (
    CONTROL_ROLES,
    TEMPLATE,
    Account,
    AccountKind,
    AccountRole,
    template_accounts,
)
from app.domain.accounting.errors import AccountInactive, AccountRequired, ControlAccount
from app.domain.shared.errors import InvalidValue
from app.domain.shared.ids import Id
from app.domain.shared.masters import changed, made


def ids() -> Callable[[], Id]:
    numbers = count(1)
    return lambda: Id(next(numbers).to_bytes(16, "big"))


def an_account(
    role: AccountRole | None = None,
    kind: AccountKind = AccountKind.EXPENSE,
    active: bool = True,
) -> Account:
    return Account(Id(bytes(15) + b"\1"), "6100", "Rent", kind, role, active=active, version=3)


def an_own_account(id_: Id, code: str, name: str, kind: AccountKind) -> Account:
    return made(Account, id_, {"code": code, "name": name, "kind": kind})


def test_the_template_holds_every_role_once_and_every_code_once() -> None:
    """S0-11, R-16."""
    roles = [row.role for row in TEMPLATE if row.role is not None]
    assert sorted(roles) == sorted(AccountRole)
    codes = [row.code for row in TEMPLATE]
    assert len(set(codes)) == len(codes)
    assert codes == sorted(codes)
    assert {len(code) for code in codes} == {4}


@pytest.mark.parametrize(
    ("digit", "kinds"),
    [
        ("1", {AccountKind.ASSET}),
        ("2", {AccountKind.LIABILITY}),
        ("3", {AccountKind.EQUITY}),
        ("4", {AccountKind.INCOME}),
        ("567", {AccountKind.EXPENSE}),
    ],
)
def test_the_first_digit_of_a_template_code_tells_the_kind(
    digit: str, kinds: set[AccountKind]
) -> None:
    assert {row.kind for row in TEMPLATE if row.code[0] in digit} == kinds


def test_the_template_has_the_usual_groups_without_a_role() -> None:
    names = {row.name for row in TEMPLATE if row.role is None}
    assert names >= {
        "Rent",
        "Wages and salaries",
        "Share capital",
        "Loans",
        "Fixed assets",
        "Depreciation",
    }


def test_the_control_accounts_are_those_of_the_rulings() -> None:
    """R-16: tax accounts are not control accounts, the tax return is posted by hand."""
    controls = {
        account.role for account in template_accounts([], ids()) if account.control is not None
    }
    assert controls == CONTROL_ROLES
    assert sorted(CONTROL_ROLES) == ["grni", "payables", "receivables", "stock"]


def test_seeding_twice_changes_nothing() -> None:
    """S0-11."""
    new_id = ids()
    seeded = template_accounts([], new_id)
    assert [(row.code, row.name, row.kind, row.role) for row in seeded] == list(TEMPLATE)
    assert len({account.id for account in seeded}) == len(TEMPLATE)
    assert all(account.active and account.version == 1 for account in seeded)
    renumbered = [
        changed(account, {"code": f"9{account.code}", "name": "New"}) for account in seeded
    ]
    assert template_accounts(renumbered, new_id) == []


def test_seeding_gives_only_a_role_that_is_missing_under_a_free_code() -> None:
    new_id = ids()
    seeded = template_accounts([], new_id)
    kept = [account for account in seeded if account.role is not AccountRole.ROUNDING]
    own = [
        an_own_account(new_id(), "7200", "Own", AccountKind.EXPENSE),
        an_own_account(new_id(), "7201", "Own", AccountKind.EXPENSE),
    ]
    (added,) = template_accounts([*kept, *own], new_id)
    assert (added.role, added.code, added.name) == (AccountRole.ROUNDING, "7202", "Rounding")


def test_seeding_two_missing_roles_never_gives_one_code_twice() -> None:
    new_id = ids()
    own = [
        an_own_account(new_id(), row.code, "Own", AccountKind.EXPENSE)
        for row in TEMPLATE
        if row.role is not None
    ]
    added = template_accounts(own, new_id)
    codes = [account.code for account in (*own, *added)]
    assert len(added) == len(AccountRole)
    assert len(set(codes)) == len(codes)


def test_seeding_a_chart_of_roles_alone_and_numbers_that_are_taken() -> None:
    new_id = ids()
    roles = [account for account in template_accounts([], new_id) if account.role is not None]
    assert template_accounts(roles, new_id) == []
    lost = {AccountRole.EXCHANGE_GAIN_LOSS, AccountRole.ROUNDING}
    kept = [account for account in roles if account.role not in lost]
    own = [
        an_own_account(new_id(), str(code), "Own", AccountKind.EXPENSE)
        for code in range(7100, 7200)
    ]
    added = template_accounts([*kept, *own], new_id)
    assert [(account.role, account.code) for account in added] == [
        (AccountRole.EXCHANGE_GAIN_LOSS, "7200"),
        (AccountRole.ROUNDING, "7201"),
    ]


def test_a_new_account_has_no_role_and_a_clean_name() -> None:
    account = an_own_account(Id(bytes(16)), "6105", "  Rent of the hall ", AccountKind.EXPENSE)
    assert account == Account(
        Id(bytes(16)), "6105", "Rent of the hall", AccountKind.EXPENSE, None, True, 1
    )
    assert account.control is None


@pytest.mark.parametrize(("code", "name", "pointer"), [("", "A", "/code"), ("1", " ", "/name")])
def test_a_new_account_needs_a_code_and_a_name(code: str, name: str, pointer: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        an_own_account(Id(bytes(16)), code, name, AccountKind.ASSET)
    assert refused.value.faults[0].pointer == pointer


def test_a_change_keeps_what_is_not_named() -> None:
    account = an_account()
    assert changed(account, {"code": "6199"}).code == "6199"
    assert changed(account, {"code": "6199"}).name == "Rent"
    assert changed(account, {"name": "Hall"}).name == "Hall"
    assert changed(account, {"name": "Hall"}).code == "6100"
    assert changed(account, {}) == account
    with pytest.raises(InvalidValue):
        changed(account, {"code": "a b"})
    with pytest.raises(InvalidValue):
        changed(account, {"name": "\n"})


def test_an_account_without_a_role_can_be_put_out_of_use_and_back() -> None:
    account = an_account()
    account.check_named("/lines/0/account_id")
    idle = replace(account, active=False)
    assert idle.active is False
    with pytest.raises(AccountInactive) as refused:
        idle.check_named("/lines/2/account_id")
    assert refused.value.faults[0].pointer == "/lines/2/account_id"


@pytest.mark.parametrize("role", [AccountRole.STOCK, AccountRole.CASH])
def test_an_account_with_a_role_stays_active(role: AccountRole) -> None:
    account = an_account(role, AccountKind.ASSET)
    with pytest.raises(AccountRequired):
        replace(account, active=False)
    with pytest.raises(AccountRequired):
        an_account(role, AccountKind.ASSET, active=False)


def test_a_control_account_is_not_named_by_a_user_but_another_role_is() -> None:
    an_account(AccountRole.OUTPUT_TAX, AccountKind.LIABILITY).check_named("/x")
    stock = an_account(AccountRole.STOCK, AccountKind.ASSET)
    assert stock.control is AccountRole.STOCK
    with pytest.raises(ControlAccount) as refused:
        stock.check_named("/revenue_account_id")
    assert refused.value.faults[0].pointer == "/revenue_account_id"


def test_a_role_fixes_the_type() -> None:
    with pytest.raises(InvalidValue) as refused:
        an_account(AccountRole.STOCK, AccountKind.LIABILITY)
    assert refused.value.faults[0].pointer == "/kind"
