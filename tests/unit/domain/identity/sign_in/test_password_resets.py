"""A reset is good for one token, for thirty minutes, until a password is chosen (PW-05)."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.identity.sign_in.errors import ResetInvalid
from app.domain.identity.sign_in.password_reset import RESET_LIFE, PasswordReset
from app.domain.shared.ids import Id

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
LONG_AGO = NOW - timedelta(days=90)
RESET = PasswordReset.requested(Id(b"u" * 16), b"hash", NOW)


def test_a_reset_lives_for_thirty_minutes() -> None:
    assert timedelta(minutes=30) == RESET_LIFE == RESET.expires_at - RESET.requested_at
    RESET.check(b"hash", LONG_AGO, NOW + RESET_LIFE - INSTANT)


@pytest.mark.parametrize(
    ("token_hash", "changed_at", "now"),
    [
        pytest.param(b"another", LONG_AGO, NOW, id="another token"),
        pytest.param(b"", LONG_AGO, NOW, id="no token"),
        pytest.param(b"hash", LONG_AGO, NOW + RESET_LIFE, id="too old"),
        pytest.param(b"hash", NOW, NOW + INSTANT, id="a password was chosen in that instant"),
        pytest.param(b"hash", NOW + INSTANT, NOW + INSTANT, id="a password was chosen since"),
    ],
)
def test_any_other_is_refused(token_hash: bytes, changed_at: datetime, now: datetime) -> None:
    with pytest.raises(ResetInvalid) as refusal:
        RESET.check(token_hash, changed_at, now)
    assert [fault.pointer for fault in refusal.value.faults] == ["/token"]
