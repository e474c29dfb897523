"""Recovery codes as people hold them: 120 random bits each, of which only hashes are kept.

With 112 bits or more a fast hash is enough (OWASP ASVS 5.0, 6.5.2).
"""

import base64
import hashlib
import secrets

from app.domain.identity.factors.second_factor import HASH_BYTES, RECOVERY_CODES
from app.domain.shared.frozen import frozen

_CODE_BYTES = 15
_GROUP = 4


@frozen
class RecoveryCodes:
    """Ten fresh codes, and what is kept of them."""

    codes: tuple[str, ...]
    hashes: tuple[bytes, ...]

    @classmethod
    def fresh(cls) -> "RecoveryCodes":
        """Codes that nobody has seen."""
        codes = tuple(_written(secrets.token_bytes(_CODE_BYTES)) for _ in range(RECOVERY_CODES))
        return cls(codes, tuple(recovery_hash(code) for code in codes))

    def __repr__(self) -> str:
        return "RecoveryCodes(…)"


def recovery_hash(code: str) -> bytes:
    """What is kept of a code; blanks, dashes and the case of letters do not matter."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    person = b"recovery-code"
    return hashlib.blake2b(plain.encode(), digest_size=HASH_BYTES, person=person).digest()


def _written(raw: bytes) -> str:
    text = base64.b32encode(raw).decode().lower()
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))
