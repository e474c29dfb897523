"""API keys: terms in their one form, an end that is bounded, rotation and revocation (AK-01)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.identity.keys.api_key import LIFE_MAX, OVERLAP_MAX, ApiKey, Terms, admits
from app.domain.identity.keys.errors import ApiKeyRevoked, PermissionRefused
from app.domain.shared.errors import DomainError, InvalidValue, ValueOutOfRange
from app.domain.shared.ids import Id

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
MAKER, OTHER = Id(b"m" * 16), Id(b"o" * 16)
GRANTABLE = frozenset({"sales:write", "units:read"})
TERMS = Terms("Shop", ("units:read",), ())


def key(expires_at: datetime | None = None, *, test: bool = False) -> ApiKey:
    return ApiKey.new(
        Id(b"k" * 16), b"one", TERMS, test=test, made_by_id=MAKER, at=NOW, expires_at=expires_at
    )


def pointers(error: DomainError) -> list[str]:
    return [fault.pointer for fault in error.faults]


def test_terms_have_one_form() -> None:
    terms = Terms.checked(
        " Shop ",
        ["units:read", "sales:write", "units:read"],
        ["2001:db8::1", "192.0.2.7", "192.0.2.0/24", "192.0.2.7/32", "2001:db8::/32"],
        GRANTABLE,
    )
    assert terms == Terms(
        "Shop",
        ("sales:write", "units:read"),
        ("192.0.2.0/24", "192.0.2.7/32", "2001:db8::/32", "2001:db8::/64"),
    )


@pytest.mark.parametrize("scope", ["units:write", "units", "", "UNITS:READ", "public"])
def test_only_what_may_be_granted_is_a_scope(scope: str) -> None:
    with pytest.raises(PermissionRefused) as refused:
        Terms.checked("Shop", ["units:read", scope], [], GRANTABLE)
    assert pointers(refused.value) == ["/permissions/1"]


@pytest.mark.parametrize("network", ["192.0.2.1/24", "x", "", "2001:db8::/65", "2001:db8::1/64"])
def test_a_network_has_no_bits_beyond_its_prefix(network: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        Terms.checked("Shop", [], ["192.0.2.0/24", network], GRANTABLE)
    assert pointers(refused.value) == ["/allowed_addresses/1"]


def test_a_name_has_its_form() -> None:
    with pytest.raises(InvalidValue) as refused:
        Terms.checked(" ", [], [], GRANTABLE)
    assert pointers(refused.value) == ["/name"]


@pytest.mark.parametrize(
    ("networks", "address", "expected"),
    [
        (("192.0.2.0/24",), "192.0.2.255", True),
        (("192.0.2.0/24",), "192.0.3.0", False),
        (("198.51.100.7/32", "192.0.2.0/24"), "192.0.2.1", True),
        (("2001:db8::/48",), "2001:db8:0:7::/64", True),
        (("2001:db8::/48",), "2001:db8:1::/64", False),
        (("2001:db8::/64",), "192.0.2.1", False),
        (("0.0.0.0/0",), "2001:db8::/64", False),
        (("::/0",), "192.0.2.1", False),
        (("0.0.0.0/0",), "unknown", False),
        ((), "192.0.2.1", False),
    ],
)
def test_a_caller_is_in_a_network_or_not(
    networks: tuple[str, ...], address: str, expected: bool
) -> None:
    assert admits(networks, address) is expected


def test_a_key_lives_as_long_as_it_may_unless_it_says_less() -> None:
    assert key().expires_at == NOW + LIFE_MAX
    for end in (NOW + timedelta(microseconds=1), NOW + LIFE_MAX):
        assert key(end).expires_at == end
    for end in (NOW, NOW - timedelta(days=1), NOW + LIFE_MAX + timedelta(microseconds=1)):
        with pytest.raises(ValueOutOfRange) as refused:
            key(end)
        assert pointers(refused.value) == ["/expires_at"]


def test_a_rotation_keeps_one_secret_before() -> None:
    later = NOW + timedelta(days=1)
    once = key().rotated(b"two", overlap=OVERLAP_MAX, made_by_id=OTHER, at=later, expires_at=None)
    assert once == replace(
        key(),
        secret_hash=b"two",
        previous_hash=b"one",
        previous_expires_at=later + OVERLAP_MAX,
        made_by_id=OTHER,
        rotated_at=later,
    )
    end = later + timedelta(days=366)
    twice = once.rotated(
        b"three", overlap=timedelta(seconds=1), made_by_id=MAKER, at=later, expires_at=end
    )
    assert (twice.previous_hash, twice.expires_at) == (b"two", end)
    at_once = twice.rotated(
        b"four", overlap=timedelta(0), made_by_id=MAKER, at=later, expires_at=None
    )
    assert (at_once.previous_hash, at_once.previous_expires_at) == (None, None)


@pytest.mark.parametrize("overlap", [timedelta(microseconds=-1), OVERLAP_MAX + timedelta(0, 1)])
def test_an_overlap_is_bounded(overlap: timedelta) -> None:
    with pytest.raises(ValueOutOfRange) as refused:
        key().rotated(b"two", overlap=overlap, made_by_id=MAKER, at=NOW, expires_at=None)
    assert pointers(refused.value) == ["/overlap_seconds"]


def test_an_expired_key_is_rotated_only_with_a_new_end() -> None:
    late = NOW + LIFE_MAX + timedelta(days=1)
    with pytest.raises(ValueOutOfRange):
        key().rotated(b"two", overlap=timedelta(0), made_by_id=MAKER, at=late, expires_at=None)


def test_a_revoked_key_stays_so() -> None:
    rotated = key().rotated(b"two", overlap=OVERLAP_MAX, made_by_id=MAKER, at=NOW, expires_at=None)
    revoked = rotated.revoked(NOW)
    assert revoked == replace(rotated, revoked_at=NOW, previous_hash=None, previous_expires_at=None)
    assert revoked.revoked(NOW + timedelta(days=1)) == revoked
    with pytest.raises(ApiKeyRevoked):
        revoked.changed(TERMS)
    with pytest.raises(ApiKeyRevoked):
        revoked.rotated(b"x", overlap=timedelta(0), made_by_id=MAKER, at=NOW, expires_at=None)


def test_a_change_is_of_the_terms_only() -> None:
    terms = Terms("Till", ("sales:write",), ("192.0.2.0/24",))
    assert key(test=True).changed(terms) == replace(
        key(test=True), name="Till", permissions=("sales:write",), addresses=("192.0.2.0/24",)
    )
