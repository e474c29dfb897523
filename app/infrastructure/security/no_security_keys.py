"""What stands in for security keys where an installation is not set up for them."""
# ruff: noqa: ARG002 - nothing is done with the arguments

from collections.abc import Sequence
from typing import Any

from app.application.identity.factors.ports import RegisteredKey
from app.domain.shared.ids import Id


class NoSecurityKeys:
    """Implements ``app.application.identity.factors.ports.SecurityKeyCeremonies``.

    The service refuses where ``on`` is false, so nothing else is asked for; no answer proves
    anything.
    """

    on = False

    def creation(
        self, user: tuple[Id, str, str], challenge: bytes, known: Sequence[bytes]
    ) -> dict[str, Any]:
        """No options."""
        return {}

    def request(self, challenge: bytes, known: Sequence[bytes]) -> dict[str, Any]:
        """No options."""
        return {}

    def registered(self, credential: str, challenge: bytes) -> RegisteredKey | None:
        """No key."""
        return None

    def named(self, credential: str) -> bytes | None:
        """No key."""
        return None

    def signed(self, credential: str, challenge: bytes, public_key: bytes) -> int | None:
        """No signature."""
        return None
