"""Codes by time: the values of RFC 6238, their window, and a secret that nobody reads."""

from datetime import UTC, datetime, timedelta

import pytest

from app.infrastructure.security.one_time_codes import SealedCodes
from app.infrastructure.security.sealing import Seal

SECRET = "a secret of the tests, 32 letters"  # pragma: allowlist secret
# Of appendix B, shortened to six digits: the secret is "12345678901234567890".
RFC = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # pragma: allowlist secret


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    codes = SealedCodes(SECRET)
    sealed = Seal(SECRET, "totp").close(RFC.encode(), "olga")
    now = datetime.fromtimestamp(seconds, UTC)
    step = seconds // 30
    for beside, found in ((-2, None), (-1, step), (0, step), (1, step), (2, None)):
        moment = now + timedelta(seconds=30 * beside)
        if moment.timestamp() < 30:
            continue  # before there was time
        assert codes.step(sealed, code, moment, "olga") == found, beside
    assert codes.step(sealed, code[:-1], now, "olga") is None
    assert codes.step(sealed, "", now, "olga") is None
    assert codes.step(sealed, "٢٨٧٠٨٢", now, "olga") is None


def test_a_secret_is_sealed_for_its_user() -> None:
    codes = SealedCodes(SECRET)
    secret, sealed = codes.make("olga")
    assert secret.encode() not in sealed
    uri = codes.uri(secret, "olga@north.example")
    assert uri.startswith("otpauth://totp/Tradepost:olga%40north.example?")
    assert f"secret={secret}" in uri
    other, _ = codes.make("olga")
    assert other != secret


def test_under_another_name_or_secret_no_code_is_right() -> None:
    """What was moved to another user, or sealed before the secret was replaced, proves nothing."""
    sealed = Seal(SECRET, "totp").close(RFC.encode(), "olga")
    now = datetime.fromtimestamp(59, UTC)
    assert SealedCodes(SECRET).step(sealed, "287082", now, "olga") == 1
    assert SealedCodes(SECRET).step(sealed, "287082", now, "ivan") is None
    assert SealedCodes(SECRET + "!").step(sealed, "287082", now, "olga") is None
