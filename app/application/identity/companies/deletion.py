"""An owner has the company deleted, after a time in which the deletion can be called off."""

from datetime import timedelta

from app.application.identity.companies.views import STATUS_VIEW
from app.application.identity.directory.kinds import TENANTS
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.work import Work
from app.domain.identity.companies.tenant import Tenant
from app.domain.shared.errors import NotFound
from app.domain.shared.frozen import frozen


@frozen
class RequestDeletion:
    """Delete the company of the caller, who types its name, after ``grace``."""

    name: str
    grace: timedelta


def company_lock(_: object, principal: Principal) -> Needs:
    """The need for the company, locked: its status changes."""
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


def _request(request: RequestDeletion, work: Work) -> Done:
    before = company(work)
    after = work.put(
        TENANTS, before.deletion_requested(request.name, work.recorded_at, request.grace)
    )
    view = STATUS_VIEW.show(after)
    work.note("deletion_scheduled", "company", after.id, delete_at=[None, view["delete_at"]])
    work.event("company.deletion_scheduled", after.id, delete_at=view["delete_at"])
    return Done(view, status=200)


def _withdraw(_: None, work: Work) -> Done:
    before = company(work)
    after = work.put(TENANTS, before.deletion_withdrawn())
    work.note(
        "deletion_cancelled",
        "company",
        after.id,
        delete_at=[STATUS_VIEW.show(before)["delete_at"], None],
    )
    work.event("company.deletion_cancelled", after.id)
    return Done(STATUS_VIEW.show(after), status=200)


REQUEST_DELETION: Command[RequestDeletion] = Command(
    "companies.schedule_deletion", "company_deletion:write", company_lock, _request
)
WITHDRAW_DELETION: Command[None] = Command(
    "companies.cancel_deletion", "company_deletion:write", company_lock, _withdraw
)
