"""Envelopes: the content of messages, sealed under the service's secret."""

from collections.abc import Mapping
from typing import Any

import orjson

from app.application.shared.messages import Message
from app.domain.shared.ids import Id
from app.infrastructure.security.sealing import Seal


class SealedEnvelopes:
    """Implements ``app.application.shared.messages.Envelopes``."""

    def __init__(self, secret: str) -> None:
        self._seal = Seal(secret, "messages, version 1")

    def close(self, message_id: Id, content: Mapping[str, str]) -> bytes:
        """The content, sealed for this message alone."""
        return self._seal.close(orjson.dumps(content), message_id.hex())

    def open(self, message: Message) -> Mapping[str, str]:
        """The content of a message.

        Raises:
            SealBroken: it was sealed under another secret.
        """
        opened: dict[str, Any] = orjson.loads(self._seal.open(message.sealed, message.id.hex()))
        return opened
