"""The settings of a company. They live in two aggregates: the tenant, and its books."""

from typing import Any

from typing_extensions import TypedDict

from app.application.accounting.contract import BOOKS
from app.application.identity.contract import TENANTS
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.redaction import difference
from app.application.shared.wording import instant
from app.application.shared.work import Work
from app.domain.accounting.periods import Books, PriceDifferencePolicy, TaxRounding
from app.domain.identity.companies.tenant import Tenant
from app.domain.identity.factors.errors import NoSecondFactor
from app.domain.shared.errors import StaleVersion
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import show


class CompanyView(TypedDict):
    """A company and how its books are kept."""

    id: str
    """The id of the company."""
    name: str
    """The name of the company."""
    country: str | None
    """ISO 3166 code of two capital letters."""
    time_zone: str
    """IANA name, such as Europe/London; it decides the business day."""
    currency: str
    """ISO 4217 code."""
    tax_rounding: str
    """Whether tax is rounded on each `line` or once on the `document`."""
    price_difference_policy: str
    """Where a bill's price difference goes: `split` over stock and cost of sales, or all to
    `variance`."""
    mfa_required: bool
    """Whether the people of the company need a second factor."""
    payout_step_up_required: bool
    """Whether paying a supplier needs a proof of the last ten minutes."""
    status: str
    """`active`; `suspended` or `deletion_scheduled`, where people read and export only."""
    delete_at: str | None
    """When the company may be deleted; null when nobody asked for it."""
    version: int
    """Counts the changes; the ETag states it."""


@frozen
class EditCompany:
    """Change the members that are named; ``expected_version`` comes from If-Match."""

    expected_version: int
    members: dict[str, Any]


def company_needs(principal: Principal, lock: Lock = Lock.NONE) -> Needs:
    """The two aggregates behind a company's settings."""
    return Needs().one(TENANTS, principal.tenant_id, lock=lock).one(BOOKS, lock=lock)


def company_version(tenant: Tenant, books: Books) -> int:
    """The version of both together: it grows with each change of either, so it names one state."""
    return tenant.version + books.version - 1


def company_view(tenant: Tenant, books: Books) -> CompanyView:
    """The view of a company."""
    return {
        "id": show("cmp", tenant.id),
        "name": tenant.name,
        "country": tenant.country,
        "time_zone": tenant.time_zone,
        "currency": books.currency,
        "tax_rounding": str(books.tax_rounding),
        "price_difference_policy": str(books.price_difference_policy),
        "mfa_required": tenant.mfa_required,
        "payout_step_up_required": tenant.payout_step_up_required,
        "status": str(tenant.status),
        "delete_at": None if tenant.delete_at is None else instant(tenant.delete_at),
        "version": company_version(tenant, books),
    }


def _needs(_: EditCompany, principal: Principal) -> Needs:
    return company_needs(principal, Lock.UPDATE)


def _edit(edit: EditCompany, work: Work) -> Done:
    tenant, books = work.get(TENANTS, work.principal.tenant_id), work.get(BOOKS)
    if company_version(tenant, books) != edit.expected_version:
        raise StaleVersion
    before = company_view(tenant, books)
    members = edit.members
    if members.get("mfa_required") and not work.principal.second_factor:
        # The rule would lock out the user who sets it.
        raise NoSecondFactor.at("/mfa_required")
    zone = members.get("time_zone")
    changed_tenant = tenant.changed(
        name=members.get("name"),
        time_zone=zone,
        mfa_required=members.get("mfa_required"),
        payout_step_up_required=members.get("payout_step_up_required"),
    )
    changed_books = books.changed(
        time_zone=zone,
        tax_rounding=_maybe(TaxRounding, members.get("tax_rounding")),
        price_difference_policy=_maybe(
            PriceDifferencePolicy, members.get("price_difference_policy")
        ),
    )
    if changed_tenant != tenant:
        tenant = work.put(TENANTS, changed_tenant)
    if changed_books != books:
        books = work.put(BOOKS, changed_books)
    after = company_view(tenant, books)
    if after != before:
        work.note("changed", "company", tenant.id, **difference(before, after))
        work.event("company.changed", tenant.id)
    return Done(after, status=200, version=after["version"])


def _maybe(type_: Any, value: str | None) -> Any:
    return None if value is None else type_(value)


EDIT_COMPANY = Command("companies.update", "companies:write", _needs, _edit)
