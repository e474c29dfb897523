from datetime import UTC, datetime, timedelta

from app.domain.identity.keys.signing_key import KeyState, SigningKey

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def test_a_key_signs_until_it_is_retired_once() -> None:
    key = SigningKey.new("k1", b"sealed", b"public", NOW)
    assert key == SigningKey("k1", b"sealed", b"public", NOW, None, KeyState.ACTIVE)
    retired = key.retired(NOW + timedelta(days=1))
    assert (retired.state, retired.retired_at) == (KeyState.RETIRED, NOW + timedelta(days=1))
    assert retired.retired(NOW + timedelta(days=2)) is retired
