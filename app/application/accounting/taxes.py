"""Tax codes."""

from app.application.accounting.ports import ACCOUNTS, TAX_BY_CODE, TAXES
from app.application.accounting.views import tax_view
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
from app.domain.accounting.tax import TaxCode
from app.domain.shared.errors import Duplicate

TAX = Noun(TAXES, "tax", "tax", "/api/v1/taxes", tax_view)

_ACCOUNT_MEMBERS = ("output_account_id", "input_account_id")


def _create_needs(create: Create, _: Principal) -> Needs:
    needs = own_need(TAXES, create.id).search(TAX_BY_CODE, create.members["code"])
    for component in create.members["components"]:
        for member in _ACCOUNT_MEMBERS:
            account_id = getattr(component, member)
            if account_id is not None:
                needs.one(ACCOUNTS, account_id)
    return needs


def _create(create: Create, work: Work) -> Done:
    tax = TaxCode.new(create.id or work.new_id(), **create.members)
    _check_code(tax, work)
    _check_accounts(tax, work)
    return created(work, TAX, tax)


def _check_accounts(tax: TaxCode, work: Work) -> None:
    for place, component in enumerate(tax.components):
        for member in _ACCOUNT_MEMBERS:
            account_id = getattr(component, member)
            if account_id is not None:
                pointer = f"/components/{place}/{member}"
                work.get(ACCOUNTS, account_id, pointer=pointer).check_named(pointer)


def _edit_needs(edit: Edit, _: Principal) -> Needs:
    needs = own_need(TAXES, edit.id, Lock.UPDATE)
    if "code" in edit.members:
        needs.search(TAX_BY_CODE, edit.members["code"])
    return needs


def _edit(edit: Edit, work: Work) -> Done:
    before: TaxCode = to_edit(work, TAX, edit)
    after = before.changed(**edit.members)
    if after.code != before.code:
        _check_code(after, work)
    return edited(work, TAX, before, after)


def _check_code(tax: TaxCode, work: Work) -> None:
    if any(other.id != tax.id for other in work.search(TAX_BY_CODE, tax.code)):
        raise Duplicate.at("/code")


CREATE_TAX = Command("taxes.create", "taxes:write", _create_needs, _create)
EDIT_TAX = Command("taxes.edit", "taxes:write", _edit_needs, _edit)
ACTIVATE_TAX, DEACTIVATE_TAX = switches(TAX, "taxes:write")
