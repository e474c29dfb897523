"""Signing keys are kept sealed, replaced without a refusal, and published (S1-39, JW-04)."""

import asyncio
import base64

import pytest

from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.security.keys import LOOK_SECONDS, SIGNS_ON
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
    for _ in range(2):
        clock.move(seconds=LOOK_SECONDS)
        await ring.refresh()
        assert ring.signer() == kept
        assert await ring.find(stray.kid) is None
        clock.move(minutes=2)
    # And a key that it can open is learned beside it.
    good = add_key(directory, ring, clock)
    assert await ring.find(good.kid) is not None


async def test_a_retired_key_verifies_until_its_last_token_is_over(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    ring = key_ring(directory, clock)
    old = add_key(directory, ring, clock)
    clock.move(days=90)
    new = add_key(directory, ring, clock)
    await ring.load()
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
    assert directory.reads["signing_keys"] == 1 + 3  # four seconds: at the start, after each


async def test_a_new_key_signs_when_every_node_has_had_the_time_to_read_it(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    """JW-04: a ring that has just looked would not look again for a token of the new key."""
    here, there = key_ring(directory, clock), key_ring(directory, clock)
    old = add_key(directory, here, clock)
    for ring in (here, there):
        await ring.load()
    clock.move(seconds=LOOK_SECONDS)
    assert await there.find("made-up") is None
    new = add_key(directory, here, clock)
    await here.refresh()
    assert await there.find(new.kid) is None
    assert here.signer()[0] == old.kid
    clock.move(seconds=LOOK_SECONDS)
    assert here.signer()[0] == old.kid
    clock.move(milliseconds=1)
    assert here.signer()[0] == new.kid
    assert await there.find(new.kid) is not None


async def test_a_look_that_takes_long_is_as_old_as_its_question(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    ring = key_ring(directory, clock)
    add_key(directory, ring, clock)
    directory.held = asyncio.Event()
    loading = asyncio.create_task(ring.load())
    await asyncio.sleep(0)
    clock.move(seconds=LOOK_SECONDS)
    directory.held.set()
    await loading
    assert await ring.find("made-up") is None
    assert directory.reads["signing_keys"] == 2


async def test_rotations_in_a_row_leave_the_oldest_signing_until_one_is_known(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    """A node that has just started signs with what all others know too."""
    ring = key_ring(directory, clock)
    old = add_key(directory, ring, clock)
    await ring.load()
    clock.move(days=90)
    for _ in range(3):
        new = add_key(directory, ring, clock)
        await ring.refresh()
        clock.move(milliseconds=200)
    started = key_ring(directory, clock)
    await started.load()
    assert (ring.signer()[0], started.signer()[0]) == (old.kid, old.kid)
    clock.move(seconds=LOOK_SECONDS)
    await ring.refresh()
    clock.move(seconds=2 * LOOK_SECONDS)
    assert (ring.signer()[0], started.signer()[0]) == (new.kid, new.kid)


async def test_a_key_that_was_retired_a_minute_ago_signs_no_more(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    ring = key_ring(directory, clock)
    add_key(directory, ring, clock)
    new = add_key(directory, ring, clock)
    clock.move(seconds=SIGNS_ON.total_seconds())
    await ring.load()
    assert ring.signer()[0] == new.kid


async def test_the_ring_is_read_again_before_it_signs_for_long(
    directory: MemoryDirectory, clock: HandClock
) -> None:
    ring = key_ring(directory, clock)
    add_key(directory, ring, clock)
    await ring.load()
    await ring.refresh()
    assert directory.reads["signing_keys"] == 1
    new = add_key(directory, ring, clock)
    clock.move(seconds=LOOK_SECONDS)
    await ring.refresh()
    assert await ring.find(new.kid) is not None
    assert directory.reads["signing_keys"] == 2


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
