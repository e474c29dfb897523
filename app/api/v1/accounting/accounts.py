"""/accounts: the chart of accounts."""

from typing import Annotated, Any, Literal

from fastapi import Query
from starlette.responses import Response

from app.api.deps import Caller
from app.api.masters import add_master, listed
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.v1.accounting.references import Code, Name
from app.api.wire import ABSENT, AccountId, Schema
from app.application.accounting.accounts import (
    ACCOUNT,
    ACTIVATE_ACCOUNT,
    CREATE_ACCOUNT,
    DEACTIVATE_ACCOUNT,
    EDIT_ACCOUNT,
)
from app.application.accounting.ports import ACCOUNT_LIST
from app.application.accounting.views import AccountView
from app.domain.accounting.chart import AccountRole, AccountType

router = v1_router("/accounts", tags=["accounts"])


class AccountIn(Schema):
    """A new account. Roles are given by the template of a company only."""

    id: AccountId | None = None
    code: Code
    name: Name
    type: Literal["asset", "liability", "equity", "income", "expense"]

    def members(self) -> dict[str, Any]:
        """The fields of the aggregate."""
        return {"code": self.code, "name": self.name, "type": AccountType(self.type)}


class AccountPatch(Schema):
    """What may change of an account; its type decides where its balance stands and stays."""

    code: Code = ABSENT
    name: Name = ABSENT


add_master(
    router,
    ACCOUNT,
    AccountView,
    new=AccountIn,
    patch=AccountPatch,
    create=CREATE_ACCOUNT,
    edit=EDIT_ACCOUNT,
    activate=ACTIVATE_ACCOUNT,
    deactivate=DEACTIVATE_ACCOUNT,
)


@router.get(
    "",
    summary="List accounts",
    openapi_extra=permission("accounts:read"),
    responses=listed(AccountView, ACCOUNT_LIST),
)
async def list_accounts(
    http: Caller,
    page: PageQuery,
    role: AccountRole | None = None,
    type: AccountType | None = None,  # noqa: A002 - the query parameter
    code: Annotated[str | None, Query(max_length=32)] = None,
    active: bool | None = None,
) -> Response:
    """Accounts in the order of their codes; ``role`` finds the one that the books post by."""
    return await http.list(ACCOUNT_LIST, page, role=role, type=type, code=code, active=active)
