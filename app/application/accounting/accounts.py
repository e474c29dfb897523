"""Accounts of the general ledger."""

from app.application.accounting.ports import ACCOUNTS
from app.application.shared.masters import Master, Unique
from app.application.shared.nouns import Access, Noun
from app.application.shared.reading import list_of
from app.application.shared.views import View
from app.domain.accounting.chart import CONTROL_ROLES, Account, AccountRole
from app.domain.accounting.errors import AccountRequired


def control(role: AccountRole | None) -> AccountRole | None:
    """The role of a control account, which only documents post to."""
    return role if role in CONTROL_ROLES else None


ACCOUNT = Master(
    Noun(
        "account",
        ACCOUNTS,
        View(Account, computed=[control]),
        "/accounts",
        "The chart of accounts.",
        Access(write="accountant", read="manager viewer"),
        refusals=[AccountRequired],
    ),
    unique=[Unique("code")],
    listed=list_of(
        "accounts", Account, sorts=("code",), filters=("role", "kind", "active", "code")
    ),
)
