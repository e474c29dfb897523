"""Credentials: the password of a user, and whether signing in takes more than that."""

from dataclasses import replace
from datetime import datetime

from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class Credentials:
    """The password of a user, as a salted hash that names its own algorithm and cost.

    ``changed_at`` is when the password was chosen; hashing it anew at a higher cost does not count.
    ``second_factor`` says that the password alone opens nothing.
    """

    user_id: Id
    password_hash: str
    changed_at: datetime
    version: int
    second_factor: bool = False

    @classmethod
    def new(cls, user_id: Id, password_hash: str, at: datetime) -> "Credentials":
        """The first password of a user."""
        return cls(user_id, password_hash, at, version=1)

    def changed(self, password_hash: str, at: datetime) -> "Credentials":
        """Another password, chosen now."""
        return replace(self, password_hash=password_hash, changed_at=at)

    def demanding(self, *, second_factor: bool) -> "Credentials":
        """With a second factor beside the password, or without."""
        return replace(self, second_factor=second_factor)

    def rehashed(self, password_hash: str) -> "Credentials":
        """The same password under a stronger hash."""
        return replace(self, password_hash=password_hash)
