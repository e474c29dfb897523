"""Accounts of the general ledger."""

from app.application.accounting.ports import ACCOUNT_BY_CODE, ACCOUNTS
from app.application.accounting.views import account_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.masters import (
    Create,
    Edit,
    Noun,
    created,
    edited,
    own_need,
    switches,
    to_edit,
)
from app.application.shared.work import Work
from app.domain.accounting.chart import Account
from app.domain.shared.errors import Duplicate

ACCOUNT = Noun(ACCOUNTS, "account", "acc", "/api/v1/accounts", account_view)


def _needs(request: Create | Edit, _: Principal) -> Needs:
    lock = Lock.UPDATE if isinstance(request, Edit) else None
    needs = own_need(ACCOUNTS, request.id, lock)
    if "code" in request.members:
        needs.search(ACCOUNT_BY_CODE, request.members["code"])
    return needs


def _create(create: Create, work: Work) -> Done:
    account = Account.new(create.id or work.new_id(), **create.members)
    _check_code(account, work)
    return created(work, ACCOUNT, account)


def _edit(edit: Edit, work: Work) -> Done:
    before: Account = to_edit(work, ACCOUNT, edit)
    after = before.changed(**edit.members)
    if after.code != before.code:
        _check_code(after, work)
    return edited(work, ACCOUNT, before, after)


def _check_code(account: Account, work: Work) -> None:
    if any(other.id != account.id for other in work.search(ACCOUNT_BY_CODE, account.code)):
        raise Duplicate.at("/code")


CREATE_ACCOUNT = Command("accounts.create", "accounts:write", _needs, _create)
EDIT_ACCOUNT = Command("accounts.edit", "accounts:write", _needs, _edit)
ACTIVATE_ACCOUNT, DEACTIVATE_ACCOUNT = switches(ACCOUNT, "accounts:write")
