"""Lifting the delays of a member, whom the guesses of others keep out."""

from app.application.identity.directory.ports import THROTTLE_LIFTS
from app.application.identity.members.members import acted_on, member_needs
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.identity.sign_in.throttle_lift import ThrottleLift
from app.domain.shared.ids import Id


def _needs(user_id: Id, principal: Principal) -> Needs:
    return member_needs(user_id, principal).one(THROTTLE_LIFTS, user_id)


def _lift(user_id: Id, work: Work) -> Done:
    view = acted_on(user_id, work)
    work.put(THROTTLE_LIFTS, ThrottleLift(user_id, work.recorded_at, version=1))
    work.note("throttle_lifted", "member", user_id)
    return Done(view, status=200, version=view["version"])


LIFT_THROTTLE: Command[Id] = Command("members.lift_throttle", "members:write", _needs, _lift)
