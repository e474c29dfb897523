"""Opening a company: that of a new user, or another one of a user who is signed in."""

from datetime import datetime
from typing import Any

from app.application.identity.companies.views import OWN_COMPANY_VIEW
from app.application.identity.directory.kinds import MEMBERSHIPS, TENANTS, USERS
from app.application.shared.access import Principal
from app.application.shared.kinds import Finder, Lock, Needs
from app.application.shared.reading import Listing
from app.application.shared.work import Work
from app.domain.identity.companies.errors import TooManyCompanies
from app.domain.identity.companies.tenant import Tenant
from app.domain.identity.members.membership import OWNER, Membership
from app.domain.identity.sign_in.errors import SessionExpired
from app.domain.shared.errors import Duplicate, Fault, InvalidValue
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show
from app.domain.shared.money import currency_exponent

OWNED_MAX = 10

# What a user owns, in every company.
OWNED_BY: Finder[Membership] = Finder(
    "owned_by", MEMBERSHIPS, lambda each: (each.user_id,) if each.owns else None
)
COMPANIES_OF_USER = Listing("companies_of_user", sorts=("id",), filters=("user_id",))


@frozen
class Company:
    """The company to be made. ``tax_rounding`` is ``line`` or ``document``."""

    name: str
    currency: str
    time_zone: str
    country: str | None
    tax_rounding: str


def new_tenant(company: Company, id_: Id, at: datetime) -> Tenant:
    """The new company.

    Raises:
        InvalidValue: its name, currency, time zone or country does not have its form.
    """
    try:
        currency_exponent(company.currency)
    except InvalidValue:
        raise InvalidValue(faults=[Fault("/currency", "validation.currency")]) from None
    return Tenant.new(id_, company.name, company.time_zone, company.country, at)


def found_company(work: Work, tenant: Tenant, owner_id: Id) -> Tenant:
    """Keep a new company and its owner."""
    work.put(TENANTS, tenant)
    work.put(MEMBERSHIPS, Membership(tenant.id, owner_id, OWNER, active=True, version=1))
    work.note("registered", "company", tenant.id, after={"name": tenant.name})
    work.event("company.registered", tenant.id, user_id=show("usr", owner_id))
    return tenant


def founding_needs(_: Company, principal: Principal) -> Needs:
    """The user, locked: two requests cannot both make the last company that is allowed."""
    return Needs().one(USERS, principal.user_id, lock=Lock.UPDATE)


def found_another(work: Work, company: Company) -> Tenant:
    """Make the company of the principal, whose user owns it.

    Raises:
        TooManyCompanies: the user owns so many already.
        Duplicate: the user owns one of this name, perhaps by the same request, sent before.
        InvalidValue: a member without its form.
    """
    principal = work.principal
    user = work.find(USERS, principal.user_id)
    if user is None or not user.active:
        raise SessionExpired
    tenant = new_tenant(company, principal.tenant_id, work.recorded_at)
    owned = work.search(OWNED_BY, user.id)
    work.need(Needs().many(TENANTS, ((each.tenant_id,) for each in owned)))
    names = {work.get(TENANTS, each.tenant_id).name for each in owned}
    if tenant.name in names:
        raise Duplicate.at("/name")
    if len(owned) >= OWNED_MAX:
        raise TooManyCompanies(maximum=OWNED_MAX)
    return found_company(work, tenant, user.id)


def founded_view(tenant: Tenant) -> dict[str, Any]:
    """The company as its owner sees it."""
    return OWN_COMPANY_VIEW.show(tenant, role=OWNER)
