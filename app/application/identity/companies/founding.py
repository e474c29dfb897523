"""A user who is signed in opens another company, which he owns."""

from app.application.identity.directory.ports import OWNED_BY, TENANTS, USERS
from app.application.identity.sign_in.registration import Company, found_company, new_tenant
from app.application.identity.sign_in.views import OwnCompanyView, own_company_view
from app.application.shared.access import Principal
from app.application.shared.kinds import Lock, Needs
from app.application.shared.work import Work
from app.domain.identity.companies.tenant import Tenant
from app.domain.identity.members.membership import OWNER
from app.domain.identity.sign_in.errors import SessionOver, TooManyCompanies
from app.domain.shared.errors import Duplicate

OWNED_MAX = 10


def founding_needs(_: Company, principal: Principal) -> Needs:
    """The user, held: what he owns is read after, so that two requests cannot both be the last."""
    return Needs().one(USERS, principal.user_id, lock=Lock.UPDATE)


def found_another(work: Work, company: Company) -> Tenant:
    """Make the company of the principal, whose user owns it.

    Raises:
        TooManyCompanies: the user owns so many already.
        Duplicate: he owns one of this name, perhaps since the same request was sent before.
        InvalidValue: a member without its form.
    """
    principal = work.principal
    user = work.find(USERS, principal.user_id)
    if user is None or not user.active:
        raise SessionOver
    tenant = new_tenant(company, principal.tenant_id, work.recorded_at)
    owned = work.search(OWNED_BY, user.id)
    work.need(Needs().many(TENANTS, ((each.tenant_id,) for each in owned)))
    names = {work.get(TENANTS, each.tenant_id).name for each in owned}
    if tenant.name in names:
        raise Duplicate.at("/name")
    if len(owned) >= OWNED_MAX:
        raise TooManyCompanies(maximum=OWNED_MAX)
    return found_company(work, tenant, user.id)


def founded_view(tenant: Tenant) -> OwnCompanyView:
    """The company as its owner sees it."""
    return own_company_view(tenant.id, tenant.name, OWNER, tenant.state, tenant.delete_at)
