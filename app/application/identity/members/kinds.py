"""What members and invitations load and save, and their lists."""

from app.application.identity.directory.kinds import MEMBERSHIPS
from app.application.shared.kinds import Finder, Kind, Lock
from app.application.shared.reading import Listing
from app.domain.identity.members.invitation import Invitation
from app.domain.identity.members.membership import Membership
from app.domain.identity.members.throttle_lift import ThrottleLift

INVITATIONS: Kind[Invitation] = Kind("invitations", key=lambda each: (each.id,), lock=Lock.UPDATE)
THROTTLE_LIFTS: Kind[ThrottleLift] = Kind(
    "throttle_lifts", key=lambda each: (each.user_id,), lock=Lock.UPDATE
)

# By its name the first in the order of locks: changes of members wait for each other.
ACTIVE_IN_ROLE: Finder[Membership] = Finder(
    "active_in_role",
    MEMBERSHIPS,
    lambda each: (each.tenant_id, each.role) if each.active else None,
)
INVITATION_BY_TOKEN: Finder[Invitation] = Finder(
    "invitation_by_token", INVITATIONS, lambda each: (each.token_hash,)
)
PENDING_INVITATIONS_TO: Finder[Invitation] = Finder(
    "pending_invitations_to",
    INVITATIONS,
    lambda each: (each.email_folded,) if each.pending else None,
)

MEMBER_LIST = Listing("members", sorts=("id",), filters=("role", "active"))
ROLE_LIST = Listing("roles", sorts=("code", "name"), filters=("active", "built_in"))
INVITATION_LIST = Listing("invitations", sorts=("id",), filters=("as_known_at",))
# The live sessions in this company, of all its members or of one.
MEMBER_SESSION_LIST = Listing("member_sessions", sorts=("id",), filters=("user_id", "as_known_at"))
