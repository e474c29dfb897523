"""Time-based one-time codes (RFC 6238): six digits, thirty seconds, SHA-1, as every app expects.

The secret has 160 bits and is sealed in the database for its user. After the service's secret
changes it cannot be opened any more: its codes are wrong from then on. The user signs in with a
recovery code or a security key, and enrols again.
"""

import hmac
from datetime import datetime

import pyotp

from app.infrastructure.security.sealing import Seal, SealBroken

STEP_SECONDS = 30
WINDOW_STEPS = 1  # clocks differ, and people type slowly


class SealedCodes:
    """Implements ``app.application.identity.factors.ports.OneTimeCodes``."""

    def __init__(self, secret: str, issuer: str = "Tradepost") -> None:
        self._seal = Seal(secret, "totp")
        self._issuer = issuer

    def make(self, name: str) -> tuple[str, bytes]:
        """A new secret, in the form for the app and sealed."""
        secret = pyotp.random_base32()
        return secret, self._seal.close(secret.encode(), name)

    def uri(self, secret: str, account: str) -> str:
        """The secret as a URI that an app reads from a QR code."""
        return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=self._issuer)

    def step(self, sealed: bytes, code: str, now: datetime, name: str) -> int | None:
        """The time step of a code; None if the code is not valid now."""
        try:
            secret = self._seal.open(sealed, name).decode()
        except SealBroken:
            return None
        present = int(now.timestamp()) // STEP_SECONDS
        app = pyotp.TOTP(secret)
        found = None
        for step in range(present - WINDOW_STEPS, present + WINDOW_STEPS + 1):
            if hmac.compare_digest(app.generate_otp(step).encode(), code.encode()):
                found = step
        return found
