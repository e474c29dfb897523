"""An owner has his company deleted, after a time in which he can think better of it."""

from datetime import timedelta

from typing_extensions import TypedDict

from app.application.identity.directory.ports import TENANTS
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.wording import instant
from app.application.shared.work import Work
from app.domain.identity.companies.tenant import Tenant
from app.domain.shared.errors import NotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import show


class CompanyStanding(TypedDict):
    """How a company stands after a step."""

    id: str
    standing: str
    delete_at: str | None


def standing_view(tenant: Tenant) -> CompanyStanding:
    """The view of how a company stands."""
    return {
        "id": show("tnt", tenant.id),
        "standing": str(tenant.standing),
        "delete_at": None if tenant.delete_at is None else instant(tenant.delete_at),
    }


@frozen
class Close:
    """Delete the company of the caller, who types its name, after ``grace``."""

    name: str
    grace: timedelta


def company_lock(_: object, principal: Principal) -> Needs:
    """The need for the company, held: its standing changes."""
    return Needs().one(TENANTS, principal.tenant_id, lock=Lock.UPDATE)


def company(work: Work) -> Tenant:
    """The company of the principal.

    Raises:
        NotFound: there is none.
    """
    found = work.find(TENANTS, work.principal.tenant_id)
    if found is None:
        raise NotFound
    return found


def _close(wish: Close, work: Work) -> Done:
    before = company(work)
    after = work.put(TENANTS, before.closing(wish.name, work.recorded_at, wish.grace))
    view = standing_view(after)
    work.note("closing", "tenant", after.id, delete_at=[None, view["delete_at"]])
    work.event("tenant.closing", after.id, delete_at=view["delete_at"])
    return Done(view, status=200)


def _keep(_: None, work: Work) -> Done:
    before = company(work)
    after = work.put(TENANTS, before.kept())
    work.note("kept", "tenant", after.id, delete_at=[standing_view(before)["delete_at"], None])
    work.event("tenant.kept", after.id)
    return Done(standing_view(after), status=200)


CLOSE: Command[Close] = Command("tenants.close", "closing:write", company_lock, _close)
KEEP: Command[None] = Command("tenants.keep", "closing:write", company_lock, _keep)
