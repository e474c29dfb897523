"""Refusals around members and invitations."""

from app.domain.shared.errors import DomainError, Kind


class InvitationInvalid(DomainError):
    """No open invitation has this token: taken up, withdrawn, too old, or never made."""

    code = "members.invitation_invalid"
    kind = Kind.RULE_BROKEN


class AlreadyMember(DomainError):
    """The owner of the address works for the company already."""

    code = "members.already_member"
    kind = Kind.CONFLICT


class LastOwner(DomainError):
    """A company keeps an owner who may work; this member is the last one."""

    code = "members.last_owner"
    kind = Kind.CONFLICT


class BeyondOwnPermissions(DomainError):
    """The role, or the member, may do what the caller may not."""

    code = "members.beyond_own_permissions"
    kind = Kind.FORBIDDEN


class WorksElsewhere(DomainError):
    """The user works for other companies, too; no single company takes the factors away."""

    code = "members.works_elsewhere"
    kind = Kind.CONFLICT
