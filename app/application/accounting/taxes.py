"""Tax codes."""

from app.application.accounting.ports import ACCOUNTS, TAXES
from app.application.shared.kinds import Needs
from app.application.shared.masters import Create, Edit, Master, Unique
from app.application.shared.nouns import Access, Noun
from app.application.shared.reading import list_of
from app.application.shared.views import View
from app.application.shared.work import Work
from app.domain.accounting.errors import AccountUnsuitable
from app.domain.accounting.tax import TaxCode

_ACCOUNTS = ("output_account_id", "input_account_id")


def _needs(request: Create | Edit, needs: Needs) -> Needs:
    for component in request.members.get("components", ()):
        for member in _ACCOUNTS:
            account_id = getattr(component, member)
            if account_id is not None:
                needs.one(ACCOUNTS, account_id)
    return needs


def _with_accounts(tax: TaxCode, before: TaxCode | None, work: Work) -> TaxCode:
    if before is not None:
        return tax
    for place, component in enumerate(tax.components):
        for member in _ACCOUNTS:
            account_id = getattr(component, member)
            if account_id is not None:
                pointer = f"/components/{place}/{member}"
                work.get(ACCOUNTS, account_id, pointer=pointer).check_tax(pointer)
    return tax


TAX = Master(
    Noun(
        "tax",
        TAXES,
        View(TaxCode, "TaxView"),
        "/taxes",
        "Tax codes.",
        Access(write="accountant", read="manager buyer cashier warehouse viewer"),
        refusals=[AccountUnsuitable],
    ),
    unique=[Unique("code")],
    needs=_needs,
    complete=_with_accounts,
    listed=list_of("taxes", TaxCode, sorts=("code",), filters=("code", "active")),
)
