"""What operators do with companies, and look at; each action is kept with its reason.

An action on a company leaves an entry in the trail of that company too, with the operator as actor.
Reads are commands here: a look leaves a trace first.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from app.application.identity.audit.operator_actions import record_action
from app.application.identity.companies.deletion import company, company_lock
from app.application.identity.companies.views import STATUS_VIEW, status
from app.application.identity.directory.kinds import TENANTS
from app.application.identity.directory.reading import view_of
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Needs
from app.application.shared.reading import Listing
from app.application.shared.work import Work
from app.domain.identity.companies.tenant import Tenant
from app.domain.identity.sign_in.user import User
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

COMPANY_RECORDS = Listing("company_records", sorts=("id", "name"), filters=("q", "status", "id"))
USER_RECORDS = Listing("user_records", sorts=("id",), filters=("q",))


def member_count(member_count: int) -> int:
    """How many members work for the company."""
    return member_count


def company_count(company_count: int) -> int:
    """How many companies the user works for."""
    return company_count


COMPANY_RECORD = view_of(
    Tenant,
    "PlatformCompanyView",
    ("id", "name", "country", "time_zone", "created_at", "delete_at"),
    computed=(status, member_count),
)
USER_RECORD = view_of(
    User,
    "PlatformUserView",
    ("id", "email", "display_name", "active", "created_at"),
    computed=(company_count,),
)


@frozen
class Intervention:
    """An action on the company of the principal; ``grace`` is what a deletion waits."""

    reason: str
    grace: timedelta = timedelta(0)


@frozen
class Look:
    """What an operator is about to see, of one company or of all."""

    what: str
    reason: str
    company_id: Id | None = None
    query: str = ""


def _intervention(
    name: str, done: str, step: Callable[[Tenant, Intervention, datetime], Tenant]
) -> Command[Intervention]:
    """The command of an action that changes the status of a company."""

    def decide(request: Intervention, work: Work) -> Done:
        company_id = work.principal.tenant_id
        before = company(work)
        after = work.put(TENANTS, step(before, request, work.recorded_at))
        old, new = STATUS_VIEW.show(before), STATUS_VIEW.show(after)
        changes = {each: [old[each], new[each]] for each in new if old[each] != new[each]}
        record_action(work, f"company.{done}", request.reason, company_id, **changes)
        work.note(done, "company", company_id, reason=request.reason, **changes)
        work.event(f"tenant.{done}", company_id)
        return Done(new, status=200)

    return Command(f"platform.{name}", "platform:write", company_lock, decide)


SUSPEND = _intervention("suspend", "suspended", lambda tenant, _, __: tenant.suspended())
RESUME = _intervention("resume", "resumed", lambda tenant, _, __: tenant.resumed())
SCHEDULE_DELETION = _intervention(
    "schedule_deletion",
    "deletion_scheduled",
    lambda tenant, request, now: tenant.deletion_scheduled(now, request.grace),
)
CANCEL_DELETION = _intervention(
    "cancel_deletion", "deletion_cancelled", lambda tenant, _, __: tenant.deletion_cancelled()
)


def _look(look: Look, work: Work) -> Done:
    asked = {"query": look.query} if look.query else {}
    record_action(work, look.what, look.reason, look.company_id, **asked)
    return Done(None, status=200)


LOOK: Command[Look] = Command("platform.look", "platform:read", lambda _, __: Needs(), _look)
