"""Signing keys are kept sealed, replaced without a refusal, and published (S1-39, JW-04)."""

import base64

import pytest

from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.security.keys import LOOK_SECONDS, REFRESH_SECONDS
from app.settings import SettingRefused
from tests.unit.identity.fakes import SECRET, HandClock, MemoryDirectory, add_key, key_ring


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def directory() -> MemoryDirectory:
    return MemoryDirectory()


async def test_an_empty_database_has_no_key_to_sign_with(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    ring = key_ring(directory, clock)
    assert not await ring.load()
    with pytest.raises(ServiceUnavailable):
        ring.signer()
    add_key(directory, ring, clock)
    assert await ring.load()
    assert ring.signer()[0] == directory.keys[0].kid


async def test_the_private_half_lies_sealed(directory: MemoryDirectory, clock: HandClock) -> None:
    ring = key_ring(directory, clock)
    key = add_key(directory, ring, clock)
    await ring.load()
    private = ring.signer()[1].private_bytes_raw()
    assert private not in key.sealed_private_key
    assert len(key.public_key) == 32


async def test_another_secret_is_named_at_the_start_and_not_shown(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    add_key(directory, key_ring(directory, clock), clock)
    other = key_ring(directory, clock, "another secret of 32 letters ...")
    with pytest.raises(SettingRefused, match="SECRET_KEY") as refusal:
        await other.load()
    assert "another" not in str(refusal.value)


async def test_a_key_of_a_stray_node_does_not_stop_a_running_one(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    ring = key_ring(directory, clock)
    add_key(directory, ring, clock)
    await ring.load()
    kept = ring.signer()
    stray = add_key(directory, key_ring(directory, clock, "another secret"), clock)
    clock.move(seconds=REFRESH_SECONDS)
    await ring.refresh()
    assert ring.signer() == kept
    assert await ring.find(stray.kid) is None


async def test_a_retired_key_verifies_until_its_last_token_is_over(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    ring = key_ring(directory, clock)
    old = add_key(directory, ring, clock)
    clock.move(days=90)
    new = add_key(directory, ring, clock)
    await ring.load()
    assert ring.signer()[0] == new.kid
    assert [key["kid"] for key in ring.jwks()] == [new.kid, old.kid]
    clock.move(minutes=19, seconds=59)
    assert await ring.find(old.kid) is not None
    clock.move(seconds=1)
    assert await ring.find(old.kid) is None
    assert [key["kid"] for key in ring.jwks()] == [new.kid]
    await ring.load()
    assert await ring.find(new.kid) is not None


async def test_the_keys_of_another_node_are_found_when_they_are_met(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    here, there = key_ring(directory, clock), key_ring(directory, clock)
    add_key(directory, here, clock)
    await here.load()
    await there.load()
    clock.move(seconds=LOOK_SECONDS)
    new = add_key(directory, there, clock)
    assert await here.find(new.kid) is not None


async def test_made_up_key_ids_do_not_hammer_the_database(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    ring = key_ring(directory, clock)
    add_key(directory, ring, clock)
    await ring.load()
    for number in range(100):
        assert await ring.find(f"made-up-{number}") is None
        clock.move(milliseconds=40)
    assert directory.reads["signing_keys"] == 1 + 1  # four seconds: at the start, after two


async def test_the_ring_is_read_again_before_it_signs_for_long(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    ring = key_ring(directory, clock)
    add_key(directory, ring, clock)
    await ring.load()
    await ring.refresh()
    assert directory.reads["signing_keys"] == 1
    new = add_key(directory, ring, clock)
    clock.move(seconds=REFRESH_SECONDS)
    await ring.refresh()
    assert ring.signer()[0] == new.kid


async def test_a_database_that_is_away_is_asked_again(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    ring = key_ring(directory, clock)
    key = add_key(directory, ring, clock)
    directory.failure = ServiceUnavailable()
    with pytest.raises(ServiceUnavailable):
        await ring.find(key.kid)
    directory.failure = None
    assert await ring.find(key.kid) is not None


async def test_what_is_published_is_the_public_half_alone(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    ring = key_ring(directory, clock, SECRET)
    key = add_key(directory, ring, clock)
    await ring.load()
    [published] = ring.jwks()
    assert published == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": base64.urlsafe_b64encode(key.public_key).decode().rstrip("="),
        "kid": key.kid,
        "use": "sig",
        "alg": "EdDSA",
    }
