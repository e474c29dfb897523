"""Messages to people: what waits to be sent to an address outside the service.

A message may hold a secret that opens an account, so its content lies sealed in a table of its own
and nowhere else: not in an event, not in the audit trail, not in the log. The mail sender opens
messages, sends them, and marks them as delivered.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from app.application.shared.kinds import Kind, Lock
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class Message:
    """A letter to ``recipient``, an e-mail address.

    ``kind`` says which text is written, ``sealed`` holds what is filled in. After ``expires_at``
    nobody can use it any more, and it is not sent.
    """

    id: Id
    recipient: str
    kind: str
    sealed: bytes
    created_at: datetime
    expires_at: datetime
    delivered_at: datetime | None
    version: int

    def delivered(self, at: datetime) -> "Message":
        """The message once it was sent."""
        return replace(self, delivered_at=at)


MESSAGES: Kind[Message] = Kind("messages", key=lambda each: (each.id,), lock=Lock.UPDATE)


class Envelopes(Protocol):
    """Seals what a message says."""

    def close(self, message_id: Id, content: Mapping[str, str]) -> bytes:
        """The content, sealed for this message alone."""
        ...

    def open(self, message: Message) -> Mapping[str, str]:
        """What a message says."""
        ...


class Messages(Protocol):
    """What waits to be sent."""

    async def waiting(self, now: datetime) -> list[Message]:
        """Messages that were not delivered and are still of use, the oldest first."""
        ...
