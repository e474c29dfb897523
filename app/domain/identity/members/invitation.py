"""Invitations: how somebody comes to work for a company."""

from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.identity.ids import InvitationId, UserId
from app.domain.identity.members.errors import InvitationInvalid
from app.domain.identity.sign_in.user import checked_email
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.texts import folded

LIFE = timedelta(days=7)


@frozen
class Invitation:
    """An offer of a role to the owner of an address; ``token_hash`` is of the secret sent there.

    It is open until it is accepted or withdrawn, and for ``LIFE`` at most.
    """

    id: InvitationId
    email: str
    """The e-mail address."""
    email_folded: str
    role: str
    """What the invited is to be in the company."""
    token_hash: bytes
    invited_by: UserId
    created_at: datetime
    """When it was made."""
    expires_at: datetime
    """Until when it can be taken up."""
    accepted_at: datetime | None = None
    withdrawn_at: datetime | None = None
    version: int = 1

    @classmethod
    def new(
        cls, id_: Id, email: str, role: str, token_hash: bytes, invited_by: Id, at: datetime
    ) -> "Invitation":
        """A new invitation.

        Raises:
            InvalidValue: the address does not have its form.
        """
        shown = checked_email(email)
        return cls(
            id=id_,
            email=shown,
            email_folded=folded(shown),
            role=role,
            token_hash=token_hash,
            invited_by=invited_by,
            created_at=at,
            expires_at=at + LIFE,
        )

    @property
    def pending(self) -> bool:
        """Whether it was neither accepted nor withdrawn; it may be too old all the same."""
        return self.accepted_at is None and self.withdrawn_at is None

    def accepted(self, now: datetime) -> "Invitation":
        """The invitation taken up.

        Raises:
            InvitationInvalid: it was taken up or withdrawn before, or is too old.
        """
        if not self.pending or now >= self.expires_at:
            raise InvitationInvalid
        return replace(self, accepted_at=now)

    def withdrawn(self, now: datetime) -> "Invitation":
        """The invitation taken back; nobody joins by it."""
        return replace(self, withdrawn_at=now)
