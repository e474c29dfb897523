"""Password resets: a way back in after a forgotten password, by a token sent to the user."""

from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final

from app.domain.identity.sign_in.errors import ResetInvalid
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

RESET_LIFE: Final = timedelta(minutes=30)


@frozen
class PasswordReset:
    """What a user was sent last; an earlier token is good no more.

    It is used up by any choice of a password since: the one it was good for, or another.
    """

    user_id: Id
    token_hash: bytes
    requested_at: datetime
    expires_at: datetime
    version: int

    @classmethod
    def requested(cls, user_id: Id, token_hash: bytes, at: datetime) -> "PasswordReset":
        """A token that is sent now."""
        return cls(user_id, token_hash, at, at + RESET_LIFE, version=1)

    def check(self, token_hash: bytes, password_changed_at: datetime, now: datetime) -> None:
        """Let a presented token pass.

        Raises:
            ResetInvalid: it is another one, too old, or a password was chosen since.
        """
        right = compare_digest(token_hash, self.token_hash)
        if not right or now >= self.expires_at or password_changed_at >= self.requested_at:
            raise ResetInvalid.at("/token")
