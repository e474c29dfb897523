"""Refresh tokens rotate; a token that comes back ends the session (S1-14, RT-01, RT-02, RT-04)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.identity.sign_in.errors import (
    InvalidRefreshToken,
    RefreshSuperseded,
    RefreshTokenReused,
)
from app.domain.identity.sign_in.session import (
    DEVICE_LENGTH_MAX,
    GRACE,
    RACE,
    Assurance,
    Session,
    SessionTerms,
)
from app.domain.shared.errors import DomainError
from app.domain.shared.ids import Id

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
TERMS = SessionTerms(idle=timedelta(days=7), absolute=timedelta(days=30))
SECOND = timedelta(seconds=1)


def opened(terms: SessionTerms = TERMS, device: str = "curl/8") -> Session:
    return Session.opened(
        Id(b"s" * 16),
        Id(b"u" * 16),
        Id(b"t" * 16),
        (b"family", b"A"),
        (device, "192.0.2.7"),
        terms,
        NOW,
    )


def test_a_new_session_lives_for_its_idle_time() -> None:
    session = opened()
    assert (session.expires_at, session.ends_at) == (
        NOW + timedelta(days=7),
        NOW + timedelta(days=30),
    )
    assert session.live(session.expires_at - SECOND)
    assert not session.live(session.expires_at)


def test_the_absolute_time_bounds_the_idle_time() -> None:
    short = SessionTerms(idle=timedelta(days=7), absolute=timedelta(days=1))
    assert opened(short).expires_at == NOW + timedelta(days=1)


def test_a_token_is_exchanged_once() -> None:
    later = NOW + timedelta(minutes=14)
    session = opened().rotated(b"A", b"B", TERMS, later)
    assert (session.token_hash, session.previous_hash) == (b"B", b"A")
    assert (session.rotated_at, session.last_used_at) == (later, later)
    assert session.expires_at == later + TERMS.idle


def test_no_refresh_reaches_past_the_absolute_time() -> None:
    session, day = opened(), NOW
    for _ in range(6):
        day += timedelta(days=6)
        if not session.live(day):
            break
        session = session.rotated(session.token_hash, day.isoformat().encode(), TERMS, day)
    assert session.expires_at == session.ends_at == NOW + timedelta(days=30)
    with pytest.raises(InvalidRefreshToken):
        session.rotated(session.token_hash, b"Z", TERMS, session.ends_at)


def test_of_parallel_refreshes_one_wins_and_the_others_change_nothing() -> None:
    """RT-02: eight requests bring the same token at once."""
    session, winners = opened(), 0
    for request in range(8):
        moment = NOW + timedelta(milliseconds=request)
        try:
            session = session.rotated(b"A", b"B%d" % request, TERMS, moment)
            winners += 1
        except RefreshSuperseded:
            continue
    assert winners == 1
    assert session.token_hash == b"B0"
    assert session.live(NOW + RACE)


def test_a_clock_that_runs_behind_sees_a_race_too() -> None:
    session = opened().rotated(b"A", b"B", TERMS, NOW)
    with pytest.raises(RefreshSuperseded):
        session.rotated(b"A", b"C", TERMS, NOW - timedelta(milliseconds=3))


def test_a_lost_answer_is_repeated_and_the_token_nobody_received_dies() -> None:
    session = opened().rotated(b"A", b"B", TERMS, NOW)
    session = session.rotated(b"A", b"C", TERMS, NOW + 2 * SECOND)
    assert (session.token_hash, session.previous_hash) == (b"C", b"A")
    session = session.rotated(b"A", b"D", TERMS, NOW + GRACE)
    with pytest.raises(RefreshTokenReused):
        session.rotated(b"B", b"E", TERMS, NOW + GRACE)
    assert session.rotated(b"D", b"E", TERMS, NOW + GRACE).token_hash == b"E"


def test_the_repeats_of_a_lost_answer_race_as_well() -> None:
    session = opened().rotated(b"A", b"B", TERMS, NOW)
    session = session.rotated(b"A", b"C", TERMS, NOW + 2 * SECOND)
    with pytest.raises(RefreshSuperseded):
        session.rotated(b"A", b"D", TERMS, NOW + 2 * SECOND + RACE / 2)


@pytest.mark.parametrize(
    ("presented", "after"),
    [
        (b"A", GRACE + timedelta(microseconds=1)),
        (b"A", timedelta(days=1)),
        (b"X", timedelta(0)),
    ],
    ids=["after the grace", "a day later", "another secret of the family"],
)
def test_a_replaced_token_that_comes_back_is_a_reuse(presented: bytes, after: timedelta) -> None:
    session = opened().rotated(b"A", b"B", TERMS, NOW)
    with pytest.raises(RefreshTokenReused):
        session.rotated(presented, b"C", TERMS, NOW + after)


def test_another_secret_before_any_rotation_is_a_reuse() -> None:
    with pytest.raises(RefreshTokenReused):
        opened().rotated(b"X", b"B", TERMS, NOW)


def test_an_ended_session_takes_no_token() -> None:
    ended = opened().revoked(NOW)
    assert not ended.live(NOW)
    assert ended.revoked(NOW + SECOND) is ended
    with pytest.raises(InvalidRefreshToken):
        ended.rotated(b"A", b"B", TERMS, NOW)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  Mozilla/5.0 (X11)  ", "Mozilla/5.0 (X11)"),
        ("a\x00b\x1b[31m\u202ec\n", "ab[31mc"),
        ("x" * 1000, "x" * DEVICE_LENGTH_MAX),
        ("", ""),
    ],
)
def test_a_device_is_shown_in_printable_characters(sent: str, kept: str) -> None:
    assert opened(device=sent).device == kept


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 15_000)),  # which token, milliseconds later
        max_size=25,
    )
)
def test_whatever_is_presented_at_most_one_granted_token_is_good(
    steps: list[tuple[int, int]],
) -> None:
    session, moment, granted = opened(), NOW, [b"A"]
    for which, wait in steps:
        moment += timedelta(milliseconds=wait)
        presented = granted[max(len(granted) - 1 - which, 0)]
        fresh = b"T%d" % len(granted)
        try:
            session = session.rotated(presented, fresh, TERMS, moment)
        except RefreshTokenReused:
            assert presented != session.token_hash
            session = session.revoked(moment)
        except (RefreshSuperseded, InvalidRefreshToken):
            continue
        else:
            granted.append(fresh)
    long_after = moment + GRACE + SECOND
    good = [token for token in granted if _is_taken(session, token, long_after)]
    assert good == ([granted[-1]] if session.revoked_at is None else [])


def _is_taken(session: Session, token: bytes, at: datetime) -> bool:
    try:
        session.rotated(token, b"next", TERMS, at)
    except DomainError:
        return False
    return True


def test_a_session_knows_how_well_its_user_is_known() -> None:
    """MF-02: by a password at the login, by a second factor when given, until it is removed."""
    session = opened()
    assert session.assurance == Assurance(NOW, second_factor=False)
    later = NOW + timedelta(minutes=30)
    proved = session.proved(later, second_factor=True)
    assert proved.assurance == Assurance(later, second_factor=True)
    assert proved.proved(later, second_factor=False).second_factor is True
    assert proved.without_factor().assurance == Assurance(later, second_factor=False)
    fresh = proved.rotated(b"A", b"B", TERMS, later)
    assert fresh.assurance == proved.assurance
