"""What second factors take and refuse, to the second and to the last digit (MF-01, MF-03)."""

from datetime import UTC, datetime, timedelta

import pytest

from app.application.identity.factors.proving import CHALLENGE_TOKEN, NewChallenge
from app.application.identity.factors.recovery_codes import RecoveryCodes, recovery_hash
from app.domain.identity.factors.challenge import FAILURES_MAX, LIFE, Challenge, Purpose
from app.domain.identity.factors.errors import InvalidMfaToken, NoEnrolment
from app.domain.identity.factors.second_factor import (
    FAILURES_FREE,
    PENDING,
    RECOVERY_CODES,
    WAIT_MAX,
    CodeProof,
    RecoveryProof,
    SecondFactor,
)
from app.domain.identity.factors.security_key import SecurityKey
from app.domain.identity.sign_in.credentials import Credentials
from app.domain.identity.sign_in.errors import LoginThrottled
from app.domain.shared.errors import InvalidValue
from app.domain.shared.ids import Id

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
USER, COMPANY, KEY = (Id(letter * 16) for letter in (b"u", b"t", b"k"))
SEALED = b"sealed"


def enrolled(step: int = 100) -> SecondFactor:
    return SecondFactor.none(USER).enrolling(SEALED, NOW).confirmed(SEALED, step, NOW)


def test_an_app_is_good_from_its_first_code_on() -> None:
    waiting = SecondFactor.none(USER).enrolling(SEALED, NOW)
    assert (waiting.sealed_secret, waiting.pending(NOW)) == (None, SEALED)
    assert waiting.used(CodeProof(None, 7)) is None
    confirmed = waiting.confirmed(SEALED, 7, NOW + PENDING)
    assert (confirmed.sealed_secret, confirmed.last_step) == (SEALED, 7)
    assert (confirmed.pending_secret, confirmed.pending_at) == (None, None)


def test_an_enrolment_that_is_old_or_replaced_is_none() -> None:
    waiting = SecondFactor.none(USER).enrolling(SEALED, NOW)
    for late, sealed in ((PENDING + SECOND, SEALED), (SECOND, b"another")):
        with pytest.raises(NoEnrolment):
            waiting.confirmed(sealed, 7, NOW + late)
    with pytest.raises(NoEnrolment):
        SecondFactor.none(USER).pending(NOW)


def test_a_later_step_than_the_last_one_is_taken() -> None:
    factor = enrolled(100)
    assert factor.used(CodeProof(SEALED, None)) is None
    assert factor.used(CodeProof(SEALED, 99)) is None
    assert factor.used(CodeProof(SEALED, 100)) is None
    assert factor.used(CodeProof(b"that of another app", 101)) is None
    used = factor.failed(NOW).used(CodeProof(SEALED, 101))
    assert used is not None
    assert (used.last_step, used.failures, used.failed_at) == (101, 0, None)


def test_wrong_codes_are_delayed_ever_longer_and_never_locked() -> None:
    factor = enrolled()
    for _ in range(FAILURES_FREE - 1):
        factor = factor.failed(NOW)
    factor.admit(NOW)
    waits = []
    for _ in range(14):
        factor = factor.failed(NOW)
        with pytest.raises(LoginThrottled) as refused:
            factor.admit(NOW)
        waits.append(refused.value.retry_after_seconds)
    longest = int(WAIT_MAX.total_seconds())
    assert waits == [*(2**n for n in range(10)), *[longest] * 4]
    factor.admit(NOW + WAIT_MAX)


def test_a_recovery_code_is_used_up() -> None:
    codes = RecoveryCodes.fresh()
    factor = enrolled().with_codes(codes.hashes).failed(NOW)
    assert factor.recovery_codes_left == RECOVERY_CODES == 10
    used = factor.recovered(RecoveryProof(recovery_hash(codes.codes[4])))
    assert used is not None
    assert (used.recovery_codes_left, used.failures) == (9, 0)
    assert used.recovered(RecoveryProof(codes.hashes[4])) is None
    assert used.recovered(RecoveryProof(codes.hashes[5])) is not None
    assert used.recovered(RecoveryProof(recovery_hash(""))) is None


def test_recovery_codes_are_random_and_written_to_be_read() -> None:
    """ASVS 6.5.2: 112 bits or more, or a slow hash."""
    codes = RecoveryCodes.fresh()
    assert len(set(codes.codes)) == 10
    assert all(len(code.replace("-", "")) * 5 >= 112 for code in codes.codes)
    one = codes.codes[0]
    for written in (one.upper(), one.replace("-", ""), f" {one.replace('-', ' ')} "):
        assert recovery_hash(written) == codes.hashes[0]
    assert recovery_hash(one[:-1]) != codes.hashes[0]
    assert one not in repr(codes)


def test_what_is_taken_away_is_gone() -> None:
    codes = RecoveryCodes.fresh()
    factor = enrolled().enrolling(b"next", NOW).with_codes(codes.hashes).failed(NOW)
    without = factor.without_app()
    assert (without.sealed_secret, without.pending_secret) == (None, None)
    assert without.recovery_codes_left == 10
    nothing = factor.without_all()
    assert (nothing.recovery_codes_left, nothing.failures, nothing.failed_at) == (0, 0, None)


def key(count: int = 5) -> SecurityKey:
    return SecurityKey.new(KEY, USER, (b"credential", b"cose", count), " Blue ", NOW)


@pytest.mark.parametrize(
    ("before", "said", "good"),
    [(5, 6, True), (5, 5, False), (5, 4, False), (5, 0, False), (0, 0, True), (0, 1, True)],
)
def test_the_count_of_a_key_grows_or_is_never_there(before: int, said: int, good: bool) -> None:
    used = key(before).used(said, NOW)
    assert (used is not None) is good
    assert used is None or (used.sign_count, used.last_used_at) == (said, NOW)


def test_a_key_has_a_name() -> None:
    assert key().name == "Blue"
    assert key().renamed("Red").name == "Red"
    assert key().removed(NOW).removed_at == NOW
    with pytest.raises(InvalidValue):
        key().renamed(" ")


def test_a_challenge_is_open_for_one_purpose_five_minutes_and_five_answers() -> None:
    made = Challenge.new(KEY, (USER, COMPANY), Purpose.LOGIN, (b"hash", b"challenge"), NOW, NOW)
    last = NOW + LIFE - SECOND
    assert timedelta(minutes=5) == LIFE
    assert made.open_for(Purpose.LOGIN, b"hash", last)
    assert not made.open_for(Purpose.STEP_UP, b"hash", NOW)
    assert not made.open_for(Purpose.LOGIN, b"hasH", NOW)
    assert not made.open_for(Purpose.LOGIN, b"hash", NOW + LIFE)
    assert not made.used(NOW).open_for(Purpose.LOGIN, b"hash", NOW)
    for _ in range(FAILURES_MAX - 1):
        made = made.failed()
    assert made.open_for(Purpose.LOGIN, b"hash", NOW)
    assert not made.failed().open_for(Purpose.LOGIN, b"hash", NOW)


def test_a_token_is_read_as_it_was_written() -> None:
    token = CHALLENGE_TOKEN.fresh(KEY)
    text = str(token)
    assert CHALLENGE_TOKEN.read(text) == token
    assert token.secret.hex() not in repr(token) + repr(NewChallenge.of(token))
    assert text[3:] not in repr(token)
    assert NewChallenge.of(token).token_hash == token.token_hash
    for wrong in ("", "mt_", text[:-1], text + "A", "rt_" + text[3:], text.replace("mt_", "mt-")):
        with pytest.raises(InvalidMfaToken):
            CHALLENGE_TOKEN.read(wrong)


def test_a_password_may_need_a_second_factor_beside_it() -> None:
    credentials = Credentials.new(USER, "hash", NOW)
    assert credentials.second_factor is False
    assert credentials.demanding(second_factor=True).second_factor is True
    assert credentials.demanding(second_factor=True).changed("other", NOW).second_factor is True
