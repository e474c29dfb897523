"""The messages waiting to be sent, opened as a mail sender would."""

from typing import Any

from app.application.shared.messages import Message
from app.infrastructure.identity.sign_in.mappings import DatabaseMessages
from app.infrastructure.security.envelopes import SealedEnvelopes


async def waiting(parts: Any) -> list[Message]:
    """All of them, the oldest first, sealed."""
    return await DatabaseMessages(parts.database).waiting(parts.clock.now())


async def tokens_sent(parts: Any, recipient: str) -> list[str]:
    """The tokens of the letters to an address, the oldest first."""
    envelopes = SealedEnvelopes(parts.settings.tokens.secret.get_secret_value())
    letters = await waiting(parts)
    return [envelopes.open(each)["token"] for each in letters if each.recipient == recipient]
