"""What a company does for a member who is locked out: a new password, an end of delays."""

from app.application.identity.members.kinds import THROTTLE_LIFTS
from app.application.identity.members.members import (
    acted_on,
    end_sessions_here,
    member_needs,
)
from app.application.identity.members.views import EndedSessionsView
from app.application.identity.sign_in.recovery import SendReset, keep_reset, reset_needs
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.identity.members.throttle_lift import ThrottleLift
from app.domain.shared.ids import Id

_PERMISSION = "members:write"


def _lift_needs(user_id: Id, principal: Principal) -> Needs:
    return member_needs(user_id, principal).one(THROTTLE_LIFTS, user_id)


def _lift(user_id: Id, work: Work) -> Done:
    view = acted_on(user_id, work)
    work.put(THROTTLE_LIFTS, ThrottleLift(user_id, work.recorded_at, version=1))
    work.note("throttle_lifted", "member", user_id)
    return Done(view, status=200, version=view["version"])


def _reset_needs(request: SendReset, principal: Principal) -> Needs:
    return member_needs(request.user_id, principal).join(reset_needs(request, principal))


def _reset(request: SendReset, work: Work) -> Done:
    acted_on(request.user_id, work)
    keep_reset(request, work)
    ended = end_sessions_here(request.user_id, work, "password_reset_by_company")
    work.note("password_reset_sent", "member", request.user_id, ended=ended)
    work.event("member.password_reset_sent", request.user_id)
    return Done(EndedSessionsView(ended=ended), status=202)


LIFT_THROTTLE: Command[Id] = Command("members.lift_throttle", _PERMISSION, _lift_needs, _lift)
# An owner of one company must not take over a user of another, so the token goes to the user alone.
RESET_MEMBER = Command("members.reset_password", _PERMISSION, _reset_needs, _reset)
